// The clock of an install. It stands still until it is advanced, and calls each timer when its time has come.
'use strict';

class Clock {
  constructor(now) {
    this.now = now; // milliseconds since 1970
    this.timers = new Set();
  }

  /** Calls `ring` at `moment`. Returns a function that cancels the timer. */
  at(moment, ring) {
    const timer = { moment, ring };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  advance(milliseconds) {
    const end = this.now + milliseconds;
    for (let timer = this.first(); timer && timer.moment <= end; timer = this.first()) {
      this.now = Math.max(this.now, timer.moment);
      this.timers.delete(timer);
      timer.ring();
    }
    this.now = end;
  }

  /** The time until the next timer, in milliseconds. Undefined if there is no timer. */
  next() {
    const timer = this.first();
    return timer && Math.max(0, timer.moment - this.now);
  }

  first() {
    return [...this.timers].sort((one, other) => one.moment - other.moment)[0];
  }
}

module.exports = { Clock };
