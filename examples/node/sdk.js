// A small SDK for FinBox DeviceConnect: users, permissions, and batches of location and device data. Node and nothing else.
//
// It decides in `goOn` what can be done now, after whatever happened. What has to outlive its process is in its storage before
// anything is done about it, so the process may die at any moment. One request of a round is under way at a time.
'use strict';

const { randomUUID } = require('node:crypto');
const bodies = require('./bodies.js');
const { Failed, Flights } = require('./flights.js');
const { Line, meaning } = require('./line.js');

const HOUR = 3600_000;
const INTERVAL = 8 * HOUR; // between two rounds, unless the app says otherwise
const RETRY = { base_ms: 1000, cap_ms: 300_000 };
const CAPACITY = 1000; // items that are kept at most
const MOST_ITEMS = 100; // in one batch
const PATHS = { location: '/v6/datasource/ios/location', device: '/v6/datasource/ios/device/details' };

class Sdk {
  /** `storage.text` is what is on the device; `device` is what the operating system tells: permissions, online, clockOff. */
  constructor(setup, storage, clock, device) {
    this.line = new Line(setup);
    this.flights = new Flights(this.line, clock);
    this.retry = setup.retry ?? RETRY;
    Object.assign(this, { storage, clock, device, deviceId: setup.device.id });
    this.creation = null; // of the user, while it is under way
    this.signedIn = false; // by this process
    this.callOff = () => {};
    const kept = JSON.parse(storage.text);
    // A backup of another device is not ours.
    this.kept = kept.deviceId === this.deviceId ? kept : empty(this.deviceId);
    this.goOn();
  }

  // What an app calls.

  /** Creates the user, or restores it: once at a time, and one user until a reset. */
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

  /** Keeps an item for the next round; false if it is not taken. */
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

  /** A push of FinBox begins a round, once in a tenth of the interval; false for another's push. */
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

  /** Has FinBox erase the user. What is here goes at once; the session stays, should it have to be tried again. */
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

  /** The operating system: there is a network again, or none any more. */
  networkChanged() {
    if (!this.device.online) this.flights.cut();
    this.goOn();
  }

  /** The process dies: nothing is done any more. */
  kill() {
    this.flights.drop('KILLED');
    this.callOff();
    this.goOn = () => {};
  }

  // What it does for that.

  /** Stores what is kept, does the next thing that can be done now, and waits for the moment of the one after. */
  goOn() {
    const { kept, clock } = this;
    if (kept.nextRound !== null && kept.nextRound <= clock.now) this.beginDueRound();
    const may = kept.roundOpen && this.isSignedIn() && this.device.online && kept.notBefore <= clock.now;
    if (may && !this.flights.open.size) this.submitNext();
    this.save();
    this.callOff();
    const moments = [kept.nextRound, kept.roundOpen ? kept.notBefore : null].filter((moment) => moment > clock.now);
    this.callOff = moments.length ? clock.at(Math.min(...moments), () => this.goOn()) : () => {};
  }

  /** Rounds that were slept through fall out. */
  beginDueRound() {
    const { kept, clock } = this;
    const late = Math.floor((clock.now - kept.nextRound) / kept.interval);
    kept.nextRound += (late + 1) * kept.interval;
    this.openRound();
  }

  /** A round takes all that was recorded before it. One that is open goes on. */
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

  submitNext() {
    const { kept } = this;
    const batch = kept.batches.find((batch) => this.mayBring(batch.category));
    if (kept.session.refused) this.refresh();
    else if (JSON.stringify(this.device.permissions) !== kept.told) this.tellPermissions();
    else if (batch) this.submit(batch);
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

  /** A batch never changes: it comes again as it was, under its id, until the vendor has taken or refused it. */
  submit(batch) {
    const { kept } = this;
    this.ask('batch', PATHS[batch.category], bodies.batch(kept.user, batch), kept.session.token, (answer, token) => {
      this.batchAnswered(batch, this.heard(answer, token));
    });
  }

  batchAnswered(batch, means) {
    const place = this.kept.batches.indexOf(batch);
    if (place < 0) return; // the user has gone
    const { category, items } = batch;
    const half = Math.ceil(items.length / 2);
    const halves = [items.slice(0, half), items.slice(half)].map((part) => this.batch(category, part));
    if (means === 'done' || means === 'hopeless') this.kept.batches.splice(place, 1);
    if (means === 'too_large') this.kept.batches.splice(place, 1, ...(items.length > 1 ? halves : []));
  }

  /** What an answer means, and what follows from it for the install. */
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

  /** Waits at random, for twice as long at most after each failure, and no less than the vendor says. */
  tryLater(answer) {
    const { base_ms, cap_ms } = this.retry;
    const longest = Math.min(cap_ms, base_ms * 2 ** this.kept.failures);
    this.kept.failures += 1;
    this.kept.notBefore = this.clock.now + Math.max(answer?.wait ?? 0, Math.ceil(Math.random() * longest));
  }

  /** A token that was refused is renewed once; a renewed one that is refused too is the end of the session. */
  sessionRefused(token) {
    const { session } = this.kept;
    if (session?.token !== token) return; // it was replaced in the meantime
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

  /** Says nothing more until the app asks for its user again. What was recorded is kept for that user. */
  fallSilent() {
    Object.assign(this.kept, { silent: true, session: null, roundOpen: false });
  }

  /** FinBox has erased the user: there is nobody to submit anything for. */
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

  /** Asks FinBox for the app: a promise. */
  call(purpose, path, body, token, done) {
    this.save();
    return this.flights.call(purpose, path, body, token, done).finally(() => this.goOn());
  }

  /** Asks FinBox. */
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

  /** Both the device's user and the vendor decide. */
  mayBring(category) {
    return category in PATHS && this.device.permissions[category] === true && this.kept.wanted[category] !== false;
  }

  items() {
    return [...this.kept.batches.flatMap((batch) => batch.items), ...this.kept.queue];
  }

  /** The device's date, right or wrong. */
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
    queue: [], // recorded, and in no batch yet
    batches: [], // being submitted
    wanted: {}, // by the vendor, category by category
    told: '{}', // to the vendor, of permissions
    report: null, // of permissions, being told
    syncing: 'not_yet',
    interval: INTERVAL,
    nextRound: null,
    roundOpen: false,
    round: 0,
    lastWake: null,
    failures: 0, // in a row
    notBefore: 0, // the vendor may be asked again
  };
}

function failed(why) {
  return Promise.reject(new Failed(why));
}

module.exports = { Failed, Sdk };
