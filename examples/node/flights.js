// The requests of one install that are under way: each ends once, by its answer, for want of one, or because it is dropped.
'use strict';

const PATIENCE = 30_000; // milliseconds that an answer is waited for

/** What was asked for could not be done; the text is for the app. */
class Failed extends Error {}

class Flights {
  constructor(line, clock) {
    this.line = line;
    this.clock = clock;
    this.open = new Set();
    this.begun = 0; // since the app was started
  }

  /** Asks FinBox, in a session if there is one. `then` hears the answer, or null if none came, unless it is dropped. */
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

  /** Asks for the app: a promise of what `done` makes of the answer, which fails if it is dropped. */
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

  /** Nobody waits any more for what is under way. */
  drop(why) {
    for (const flight of [...this.open]) {
      flight.end();
      flight.drop(why);
    }
  }

  /** The network is gone: no answer will come. */
  cut() {
    for (const flight of [...this.open]) flight.heard(null);
  }

  has(purpose) {
    return [...this.open].some((flight) => flight.purpose === purpose);
  }
}

module.exports = { Failed, Flights };
