// The request bodies for FinBox. They are built from an install's storage and do not change it.
'use strict';

const VERSION = '1.0.0';
const PERMISSIONS = { location: 'location_permission', device: 'phone_state_permission' };

function creation(clientKey, customerId, deviceId, permissions, salt) {
  const allowed = { location_permission: permissions.location === true };
  return { key: clientKey, customer_id: customerId, ios_id: deviceId, ...allowed, salt, sdkVersionName: VERSION };
}

/** The two names are swapped, as FinBox requires. */
function forgetting({ username, userHash }) {
  return { username: userHash, userHash: username, sdkVersionName: VERSION };
}

function permissions(user, report, allowed) {
  const each = ([name, granted]) => ({ permission_name: PERMISSIONS[name] ?? name, granted });
  return { ...common(user, report), data: Object.entries(allowed).map(each) };
}

/** The body of a batch. A device body is one item; a location body has many. */
function batch(user, { batchId, syncId, category, items }) {
  const place = ({ id, recordedAt }) => ({ hash: id, latitude: 12.97, longitude: 77.59, accuracy: 10, timeInMillis: recordedAt });
  const data = category === 'device' ? { hash: items[0].id } : { location: items.map(place) };
  return { ...common(user, { batchId, syncId }), ...data };
}

function common({ username, userHash }, { batchId, syncId }) {
  return { batchId, syncId, username, userHash, sdkVersionName: VERSION, syncMechanism: 8, isRealTime: false };
}

module.exports = { batch, creation, forgetting, permissions };
