// The small SDK with three deliberate mistakes, which Standin should find (and nothing else):
//
// 1. it retries a permanently refused batch until it is accepted (`sync/retries-the-hopeless`);
// 2. a reset keeps the queue, which is submitted in the next user's session (`session/used-after-end`);
// 3. it retries after a wait of its own and ignores `Retry-After` (`sync/retry-after-ignored`).
'use strict';

const { Failed, Sdk } = require('./sdk.js');

class FaultySdk extends Sdk {
  batchAnswered(batch, means) {
    if (means === 'hopeless') this.tryLater(null);
    else super.batchAnswered(batch, means);
  }

  wipe() {
    const { queue, batches } = this.kept;
    super.wipe();
    Object.assign(this.kept, { queue, batches });
  }

  tryLater() {
    super.tryLater(null);
  }
}

module.exports = { Failed, Sdk: FaultySdk };
