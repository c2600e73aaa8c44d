// The small SDK with three mistakes put in, to see that Standin finds them (and nothing else):
//
// 1. what the vendor refuses for good is sent again until it is taken (`sync/retries-the-hopeless`);
// 2. a reset leaves the queue, which goes out in the next user's name (`session/used-after-end`);
// 3. it comes back after a wait of its own, whatever the vendor says (`sync/retry-after-ignored`).
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
