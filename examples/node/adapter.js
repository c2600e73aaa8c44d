// An adapter through which Standin drives sdk.js over HTTP: docs/adapter.md. It calls the SDK and does none of its work.
//
//     node adapter.js PORT [MODULE]
'use strict';

const http = require('node:http');
const { Clock } = require('./clock.js');

const [port, name = './sdk.js'] = process.argv.slice(2);
const { Failed, Sdk } = require(name);

// After this many milliseconds of real time, a missing answer needs virtual time to pass. Loopback is faster than that.
const STILL = 300;
const ABOUT = {
  name: 'small FinBox SDK in Node',
  version: '1.0.0',
  kind: 'sdk',
  capabilities: [
    'grant', 'record', 'start_sync', 'stop_sync', 'set_interval', 'sync_now', 'forward_push', 'reset', 'forget', 'network',
    'device_clock', 'advance', 'quiesce', 'state', 'retry', 'ca', 'storage:same', 'storage:clone',
  ],
};

// The SDK's functions for the app, by command name.
const CALLS = {
  create_user: async (sdk, command) => ({ user_id: await sdk.createUser(command.user_id) }),
  record: (sdk, command) => ({ accepted: sdk.record(command.id, command.category) }),
  start_sync: (sdk) => sdk.startPeriodicSync(),
  stop_sync: (sdk) => sdk.stopPeriodicSync(),
  set_interval: (sdk, command) => sdk.setSyncFrequency(command.seconds),
  sync_now: (sdk) => sdk.syncNow(),
  forward_push: (sdk, command) => ({ handled: sdk.forwardPush(command.payload) }),
  reset: (sdk) => sdk.resetData(),
  forget: (sdk) => sdk.forgetUser(),
};

// The commands for the device, which work whether the app runs or not.
const EVENTS = {
  launch: (install) => launch(install),
  kill: (install) => end(install),
  grant: ({ device }, command) => void Object.assign(device.permissions, command.permissions),
  network: ({ device, sdk }, command) => {
    device.online = command.online;
    sdk?.networkChanged();
  },
  device_clock: ({ device }, command) => void (device.clockOff = command.offset_ms),
  advance: ({ clock }, command) => {
    clock.advance(command.by_ms);
    return { next_timer_ms: clock.next() };
  },
  quiesce: (install) => quiet(install),
  state: ({ sdk }) => (sdk ? { user: sdk.kept.user?.username, kept: sdk.items().length, silent: sdk.kept.silent } : {}),
};

const storages = new Map(); // by label, kept until the adapter ends
const installs = new Map(); // by path

function make(setup) {
  const { kind, of } = setup.storage;
  const left = storages.get(of);
  const text = kind === 'new' ? '{}' : left.text;
  const storage = kind === 'same' ? left : { text, permissions: {} };
  storages.set(setup.install, storage);
  const device = { online: true, clockOff: 0, permissions: storage.permissions };
  const path = `/installs/${installs.size + 1}`;
  installs.set(path, { setup, storage, device, clock: new Clock(Date.parse(setup.now)), sdk: null });
  return { status: 201, location: path };
}

/** The result of a command. */
async function run(install, command) {
  const name = command.command;
  try {
    if (name in EVENTS) return done(await EVENTS[name](install, command));
    if (!(name in CALLS)) return { result: 'unsupported' };
    if (!install.sdk) throw new Failed('NOT_RUNNING');
    return done(await CALLS[name](install.sdk, command));
  } catch (failure) {
    if (failure instanceof Failed) return { result: 'failed', reason: failure.message };
    throw failure;
  }
}

function done(value = {}) {
  return { result: 'done', value };
}

function launch(install) {
  const { setup, storage, clock, device } = install;
  install.sdk ??= new Sdk(setup, storage, clock, device);
}

function end(install) {
  install.sdk?.kill();
  install.sdk = null;
}

/** Waits until no request is under way, or until the remaining answers need virtual time to pass. */
async function quiet(install) {
  for (let waited = 0, asked = -1; install.sdk?.flights.open.size && waited < STILL; waited += 5) {
    const { begun } = install.sdk.flights;
    if (asked !== begun) [waited, asked] = [0, begun];
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function answer(method, path, body) {
  if (path === '/') return method === 'GET' ? { status: 200, body: ABOUT } : make(body);
  const install = installs.get(path);
  if (!install) return { status: 404 };
  if (method === 'POST') return { status: 200, body: await run(install, body) };
  end(install);
  installs.set(path, null);
  return { status: 204 };
}

async function serve(request, response) {
  try {
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const told = await answer(request.method, request.url, text === '' ? null : JSON.parse(text));
    if (told.location) response.setHeader('location', told.location);
    if (told.body) response.setHeader('content-type', 'application/json');
    response.writeHead(told.status).end(told.body && JSON.stringify(told.body));
  } catch (error) { // a bug in this adapter
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}

http.createServer(serve).listen(Number(port), '127.0.0.1');
