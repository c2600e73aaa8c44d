// A small SDK for FinBox DeviceConnect: users, permissions, and batches of location and device data. Node and nothing else.
//
// After each event, `goOn` decides what can be done now. Everything that must survive the process is stored before any action,
// so the process may die at any moment. One request of a round is under way at a time.
'use strict';

const { randomUUID } = require('node:crypto');
const bodies = require('./bodies.js');
const { Failed, Flights } = require('./flights.js');
const { Line, meaning } = require('./line.js');

const HOUR = 3600_000;
const INTERVAL = 8 * HOUR; // between two rounds, unless the app says otherwise
const RETRY = { base_ms: 1000, cap_ms: 300_000 };
const CAPACITY = 1000; // the largest number of stored items
const MOST_ITEMS = 100; // in one batch
const PATHS = { location: '/v6/datasource/ios/location', device: '/v6/datasource/ios/device/details' };

class Sdk {
  /** `storage.text` is the storage; `device` is the operating system's state: permissions, online, clockOff. */
  constructor(setup, storage, clock, device) {
    this.line = new Line(setup);
    this.flights = new Flights(this.line, clock);
    this.retry = setup.retry ?? RETRY;
    Object.assign(this, { storage, clock, device, deviceId: setup.device.id });
    this.creation = null; // of the user, while under way
    this.signedIn = false; // by this process
    this.callOff = () => {};
    const kept = JSON.parse(storage.text);
    // A backup from another device is not used.
    this.kept = kept.deviceId === this.deviceId ? kept : empty(this.deviceId);
    this.goOn();
  }

  // The SDK's functions for the app.

  /** Creates or restores the user: one call at a time, and one user until a reset. */
  createUser(customerId) {
    const { user } = this.kept;
    if (!customerId) return failed('CUSTOMER_ID_MISSING');
    if (this.flights.has('forget')) return failed('FORGETTING');
    if ((this.creation ?? user ?? { customerId }).customerId !== customerId) return failed('USER_ALREADY_EXISTS');
    if (this.creation) return this.creation.promise;
    if (this.signedIn && this.isSignedIn()) return Promise.resolve(user.username);
    if (!this.device.online) return failed('OFFLINE');
    const salt = this.line.salt(customerId, this.date());
    const body = bodies.creation(this.line.clientKey, customerId, this.deviceId, this.device.permissions, salt);
    const promise = this.call('create', '/v6/token_generator', body, null, (answer) => this.adopt(customerId, answer));
    this.creation = { customerId, promise };
    return promise.finally(() => (this.creation = null));
  }

  /** Stores an item for the next round. False if it is not accepted. */
  record(id, category) {
    const known = this.items().some((item) => item.id === id);
    const fits = this.isSignedIn() && this.mayBring(category) && this.items().length < CAPACITY;
    if (fits && !known) this.kept.queue.push({ id, category, recordedAt: this.date() });
    this.save();
    return fits || known;
  }

  startPeriodicSync() {
    if (!this.isSignedIn()) throw new Failed('NO_USER');
    if (this.kept.syncing !== 'on') Object.assign(this.kept, { syncing: 'on', nextRound: this.clock.now });
    this.goOn();
  }

  stopPeriodicSync() {
    Object.assign(this.kept, { syncing: 'stopped', nextRound: null, roundOpen: false });
    this.goOn();
  }

  setSyncFrequency(seconds) {
    if (!(seconds > 0)) throw new Failed('FREQUENCY_TOO_SHORT');
    this.kept.interval = seconds * 1000;
    if (this.kept.nextRound > this.clock.now) this.kept.nextRound = this.clock.now + this.kept.interval;
    this.goOn();
  }

  syncNow() {
    if (!this.isSignedIn()) throw new Failed('NO_USER');
    if (this.kept.syncing === 'stopped') throw new Failed('SYNC_STOPPED');
    this.openRound();
    this.goOn();
  }

  /** Begins a round for a push of FinBox, at most once in a tenth of the interval. False for another sender's push. */
  forwardPush(payload) {
    if (payload.sender !== 'finbox-device-connect') return false;
    const { lastWake, interval, syncing } = this.kept;
    const slept = lastWake === null || lastWake + interval / 10 <= this.clock.now;
    if (slept && this.isSignedIn() && syncing !== 'stopped') {
      this.kept.lastWake = this.clock.now;
      this.openRound();
      this.goOn();
    }
    return true;
  }

  /** Forgets the user on this device. FinBox is not told. */
  resetData() {
    if (this.flights.has('forget')) throw new Failed('FORGETTING');
    this.flights.drop('RESET');
    this.wipe();
    this.goOn();
  }

  /** Has FinBox erase the user. Local data is deleted at once; the session stays for a possible retry. */
  forgetUser() {
    const { user, session } = this.kept;
    if (!session) return failed('NO_USER');
    if (this.flights.has('forget')) return failed('FORGETTING');
    if (!this.device.online) return failed('OFFLINE');
    this.flights.drop('FORGOTTEN');
    this.wipe();
    Object.assign(this.kept, { user, session, silent: true });
    return this.call('forget', '/v6/deleteuser', bodies.forgetting(user), session.token, (answer) => {
      if (answer?.status !== 404 && !['done', 'gone'].includes(meaning(answer))) throw new Failed('NOT_FORGOTTEN');
      this.wipe();
    });
  }

  /** Called by the operating system when the network appears or disappears. */
  networkChanged() {
    if (!this.device.online) this.flights.cut();
    this.goOn();
  }

  /** Ends all activity: the process dies. */
  kill() {
    this.flights.drop('KILLED');
    this.callOff();
    this.goOn = () => {};
  }

  // Internal functions.

  /** Takes the next action that is possible now, stores the state, and sets a timer for the next one. */
  goOn() {
    const { kept, clock } = this;
    if (kept.nextRound !== null && kept.nextRound <= clock.now) this.beginDueRound();
    const may = kept.roundOpen && this.isSignedIn() && this.device.online && kept.notBefore <= clock.now;
    if (may && !this.flights.open.size) this.bringNext();
    this.save();
    this.callOff();
    const moments = [kept.nextRound, kept.roundOpen ? kept.notBefore : null].filter((moment) => moment > clock.now);
    this.callOff = moments.length ? clock.at(Math.min(...moments), () => this.goOn()) : () => {};
  }

  /** Begins the round that is due. Earlier missed rounds are skipped. */
  beginDueRound() {
    const { kept, clock } = this;
    const late = Math.floor((clock.now - kept.nextRound) / kept.interval);
    kept.nextRound += (late + 1) * kept.interval;
    this.openRound();
  }

  /** Begins a round with everything recorded so far, unless one is open already. */
  openRound() {
    const { kept } = this;
    if (kept.roundOpen) return;
    kept.roundOpen = true;
    kept.round += 1;
    for (const category of Object.keys(PATHS).filter((category) => this.mayBring(category))) {
      const items = kept.queue.filter((item) => item.category === category);
      kept.queue = kept.queue.filter((item) => item.category !== category);
      const most = category === 'device' ? 1 : MOST_ITEMS; // a body about the device is one item
      while (items.length) kept.batches.push(this.batch(category, items.splice(0, most)));
    }
  }

  batch(category, items) {
    return { batchId: randomUUID(), syncId: this.kept.round, category, items };
  }

  bringNext() {
    const { kept } = this;
    const batch = kept.batches.find((batch) => this.mayBring(batch.category));
    if (kept.session.refused) this.refresh();
    else if (JSON.stringify(this.device.permissions) !== kept.told) this.tellPermissions();
    else if (batch) this.bring(batch);
    else kept.roundOpen = false;
  }

  tellPermissions() {
    const { kept } = this;
    const told = JSON.stringify(this.device.permissions);
    if (kept.report?.told !== told) kept.report = { told, batchId: randomUUID(), syncId: kept.round };
    const body = bodies.permissions(kept.user, kept.report, this.device.permissions);
    this.ask('permissions', '/v6/datasource/ios/permissions', body, kept.session.token, (answer, token) => {
      if (['done', 'hopeless', 'too_large'].includes(this.heard(answer, token))) kept.told = told;
    });
  }

  /** Submits a batch. It never changes: retries have the same id and items, until the vendor accepts or refuses it. */
  bring(batch) {
    const { kept } = this;
    this.ask('batch', PATHS[batch.category], bodies.batch(kept.user, batch), kept.session.token, (answer, token) => {
      this.batchAnswered(batch, this.heard(answer, token));
    });
  }

  batchAnswered(batch, means) {
    const place = this.kept.batches.indexOf(batch);
    if (place < 0) return; // the user is gone
    const { category, items } = batch;
    const half = Math.ceil(items.length / 2);
    const halves = [items.slice(0, half), items.slice(half)].map((part) => this.batch(category, part));
    if (means === 'done' || means === 'hopeless') this.kept.batches.splice(place, 1);
    if (means === 'too_large') this.kept.batches.splice(place, 1, ...(items.length > 1 ? halves : []));
  }

  /** Handles an answer as it concerns the whole install, and returns its meaning. */
  heard(answer, token) {
    const { kept } = this;
    const means = meaning(answer);
    if (means === 'later') this.tryLater(answer);
    else if (means === 'session') this.sessionRefused(token);
    else if (means === 'gone') this.loseUser();
    else if (kept.session?.token === token) kept.session.renewed = false;
    if (means === 'done') kept.failures = 0;
    return means;
  }

  /** Sets a random wait. Its limit doubles with each failure, and it is never shorter than the vendor says. */
  tryLater(answer) {
    const { base_ms, cap_ms } = this.retry;
    const longest = Math.min(cap_ms, base_ms * 2 ** this.kept.failures);
    this.kept.failures += 1;
    this.kept.notBefore = this.clock.now + Math.max(answer?.wait ?? 0, Math.ceil(Math.random() * longest));
  }

  /** Handles a refused token. It is renewed once; if the new one is refused too, the session ends. */
  sessionRefused(token) {
    const { session } = this.kept;
    if (session?.token !== token) return; // it has been replaced since
    if (session.renewed) this.fallSilent();
    else session.refused = true;
  }

  refresh() {
    const body = { refresh_token: this.kept.session.refresh };
    this.ask('refresh', '/sdk/refresh', body, null, (answer) => {
      const means = meaning(answer);
      if (means === 'done' && answer.body.access_token) {
        const session = { token: answer.body.access_token, refresh: answer.body.refresh_token, renewed: true };
        Object.assign(this.kept, { session, failures: 0 });
      } else if (means === 'done' || means === 'later') this.tryLater(answer);
      else if (means === 'gone') this.loseUser();
      else this.fallSilent();
    });
  }

  /** Sends nothing more until the app asks for its user again. Records are kept for that user. */
  fallSilent() {
    Object.assign(this.kept, { silent: true, session: null, roundOpen: false });
  }

  /** Handles a user whom FinBox has erased: deletes the user's records. */
  loseUser() {
    this.fallSilent();
    Object.assign(this.kept, { user: null, queue: [], batches: [] });
  }

  adopt(customerId, answer) {
    const { status, username, user_hash: userHash, access_token: token, refresh_token: refresh } = answer?.body ?? {};
    if (meaning(answer) !== 'done' || !status || !username || !userHash || !token) throw new Failed('USER_CREATION_FAILED');
    const flow = answer.body.flow_data;
    const wanted = flow ? { location: flow.flow_location, device: flow.flow_device } : this.kept.wanted;
    Object.assign(this.kept, { user: { customerId, username, userHash }, session: { token, refresh }, wanted, silent: false });
    this.signedIn = true;
    return username;
  }

  /** Sends a request for the app. Returns a promise. */
  call(purpose, path, body, token, done) {
    this.save();
    return this.flights.call(purpose, path, body, token, done).finally(() => this.goOn());
  }

  /** Sends a request. */
  ask(purpose, path, body, token, then) {
    this.save();
    this.flights.ask(purpose, path, body, token, (answer) => {
      then(answer, token);
      this.goOn();
    });
  }

  isSignedIn() {
    return this.kept.session !== null && !this.kept.silent;
  }

  /** Whether a category may be submitted: the device's user and the vendor must both allow it. */
  mayBring(category) {
    return category in PATHS && this.device.permissions[category] === true && this.kept.wanted[category] !== false;
  }

  items() {
    return [...this.kept.batches.flatMap((batch) => batch.items), ...this.kept.queue];
  }

  /** The time by the device's clock, which may be wrong. */
  date() {
    return this.clock.now + this.device.clockOff;
  }

  wipe() {
    this.kept = empty(this.deviceId);
    this.signedIn = false;
    this.save();
  }

  save() {
    this.storage.text = JSON.stringify(this.kept);
  }
}

function empty(deviceId) {
  return {
    deviceId,
    user: null,
    session: null,
    silent: false,
    queue: [], // recorded items that are in no batch yet
    batches: [], // being submitted
    wanted: {}, // categories that the vendor wants
    told: '{}', // the last reported permissions
    report: null, // of permissions, under way
    syncing: 'not_yet',
    interval: INTERVAL,
    nextRound: null,
    roundOpen: false,
    round: 0,
    lastWake: null,
    failures: 0, // in a row
    notBefore: 0, // earliest time of the next request
  };
}

function failed(why) {
  return Promise.reject(new Failed(why));
}

module.exports = { Failed, Sdk };
