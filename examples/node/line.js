// The wire protocol of FinBox: keys, proofs, and the meaning of answers. It makes no decisions.
'use strict';

const { createHash } = require('node:crypto');
const http = require('node:http');
const https = require('node:https');

const AGENT = 'small-finbox-sdk/1.0';

/** The connection of one install to its vendor. */
class Line {
  constructor({ base_url, client_key, sdk_secret, ca }) {
    this.base = base_url;
    this.protocol = base_url.startsWith('https:') ? https : http;
    this.ca = ca; // certificate authority to trust instead of the system's
    this.clientKey = client_key;
    this.secret = sdk_secret;
  }

  /** Posts a body. `heard` gets the answer, or null if no complete one came. Returns a function that aborts. */
  post(path, body, token, heard) {
    const text = JSON.stringify(body);
    const proof = token && { authorization: `Bearer ${token}`, hash: sessionHash(this.secret, token) };
    const headers = { 'user-agent': AGENT, 'x-api-key': this.clientKey, 'content-type': 'application/json', ...proof };
    const request = this.protocol.request(this.base + path, { method: 'POST', headers, agent: false, ca: this.ca });
    request.on('error', () => heard(null));
    request.on('response', (response) => read(response, heard));
    request.end(text);
    return () => request.destroy();
  }

  /** The proof that the customer id comes from this SDK: the halves of `moment`, in milliseconds, around a hash. */
  salt(customerId, moment) {
    const seconds = String(Math.floor(moment / 1000));
    const first = seconds.slice(0, Math.floor(seconds.length / 2));
    const second = seconds.slice(first.length);
    const zeros = second.match(/^0*/)[0];
    return `${first * 3}A${base64(customerId + this.secret + seconds)}z${zeros}${second * 7}`;
  }
}

function sessionHash(secret, token) {
  const digest = createHash('md5').update(token + secret).digest('hex');
  return base64(digest + secret);
}

function base64(text) {
  return createHash('sha256').update(text).digest('base64');
}

function read(response, heard) {
  const parts = [];
  response.on('data', (part) => parts.push(part));
  response.on('error', () => heard(null));
  response.on('end', () => {
    const text = Buffer.concat(parts).toString();
    heard({ status: response.statusCode, body: parsed(text), wait: wait(response.headers) });
  });
}

/** The body as an object, empty if there is no body. Null if it is not from FinBox, such as a captive portal's page. */
function parsed(text) {
  if (text === '') return {};
  try {
    const body = JSON.parse(text);
    return typeof body === 'object' ? body : null;
  } catch {
    return null;
  }
}

/** The pause that the vendor asks for, in milliseconds. A date is relative to the vendor's own clock. */
function wait(headers) {
  const said = headers['retry-after'] ?? '';
  if (/^\d+$/.test(said)) return said * 1000;
  if (!said.endsWith(' GMT')) return 0;
  return Math.max(0, Date.parse(said) - Date.parse(headers.date)) || 0;
}

/** The meaning of an answer for its request: done, later, session, gone, too_large or hopeless. */
function meaning(answer) {
  if (answer === null) return 'later';
  const { status, body } = answer;
  if (status < 300) return body === null ? 'later' : 'done';
  if (status === 401) return body?.message === 'User was deleted' ? 'gone' : 'session';
  if (status === 413) return 'too_large';
  if (status < 400 || [408, 425, 429].includes(status) || status >= 500) return 'later';
  return 'hopeless';
}

module.exports = { Line, meaning };
