// The requests of one install under way. Each ends once: with an answer, without one, or because it is dropped.
'use strict';

const PATIENCE = 30_000; // time limit for an answer, in milliseconds

/** The error of a call that failed. Its text is for the app. */
class Failed extends Error {}

class Flights {
  constructor(line, clock) {
    this.line = line;
    this.clock = clock;
    this.open = new Set();
    this.begun = 0; // since the app was started
  }

  /** Sends a request, in a session if there is one. Calls `then` with the answer, or null if none came, unless it is dropped. */
  ask(purpose, path, body, token, then) {
    const flight = { purpose, drop: () => {} };
    this.begun += 1;
    this.open.add(flight);
    const callOff = this.clock.at(this.clock.now + PATIENCE, () => flight.heard(null));
    const hangUp = this.line.post(path, body, token, (answer) => this.open.has(flight) && flight.heard(answer));
    flight.end = () => {
      this.open.delete(flight);
      callOff();
      hangUp();
    };
    flight.heard = (answer) => {
      flight.end();
      then(answer, token);
    };
    return flight;
  }

  /** Sends a request for the app. Returns a promise of `done(answer)`, which is rejected if the request is dropped. */
  call(purpose, path, body, token, done) {
    return new Promise((resolve, reject) => {
      const flight = this.ask(purpose, path, body, token, (answer) => {
        try {
          resolve(done(answer));
        } catch (failure) {
          reject(failure);
        }
      });
      flight.drop = (why) => reject(new Failed(why));
    });
  }

  /** Drops all requests under way. */
  drop(why) {
    for (const flight of [...this.open]) {
      flight.end();
      flight.drop(why);
    }
  }

  /** Ends all requests without an answer, since the network is gone. */
  cut() {
    for (const flight of [...this.open]) flight.heard(null);
  }

  has(purpose) {
    return [...this.open].some((flight) => flight.purpose === purpose);
  }
}

module.exports = { Failed, Flights };
