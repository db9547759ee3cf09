// Sends events from a web page straight to a source's delivery stream, with the credentials of a Cognito guest.
//
//   import { guestSender } from "./guest-sender.js";
//   const send = guestSender({ identityPoolId, stream });   // of `rapid outputs`
//   await send([{ element_clicked: "entree_1", time_spent: 3, created_at: new Date().toISOString() }]);
//
// No dependency. Needs a page from https:// or from the loopback interface, where browsers have WebCrypto.

const ATTEMPTS = 6;
const BASE_DELAY_MILLISECONDS = 200;
const MAX_DELAY_MILLISECONDS = 10_000;
const MAX_RECORDS = 500; // https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
const MAX_BATCH_BYTES = 4_000_000;
const MAX_RECORD_BYTES = 262_144; // Firehose bills at least 5 KB a record, and so few records hold many lines.
// https://docs.aws.amazon.com/cognito/latest/developerguide/accessing-aws-services.html
const CREDENTIALS_MILLISECONDS = 3_600_000;
const RENEW_BEFORE_MILLISECONDS = 300_000;
const TIMEOUT_MILLISECONDS = 20_000;
const PUT_TARGET = "Firehose_20150804.PutRecordBatch";

const encoder = new TextEncoder();

/**
 * Returns `send(events)`, which resolves when every event is on the stream, and rejects when one cannot be put there.
 *
 * `attempts` is how often it tries, for pages that keep events and try again by themselves. With `keepalive` a request that has
 * begun goes on when the page is left; browsers take 64 KiB of such at a time.
 */
export function guestSender({ identityPoolId, stream, endpoints = {}, attempts = ATTEMPTS, keepalive = false }) {
  const region = identityPoolId.split(":")[0];
  const cognito = endpoints.cognito ?? `https://cognito-identity.${region}.amazonaws.com`;
  const firehose = endpoints.firehose ?? `https://firehose.${region}.amazonaws.com`;
  let identityId, credentials;
  /** How far AWS's clock is ahead of this one: what a phone with a wrong clock signs by its own is refused. */
  let ahead = 0;
  const now = () => Date.now() + ahead;

  async function guest() {
    if (!credentials || now() > credentials.Expiration * 1000 - RENEW_BEFORE_MILLISECONDS) {
      const target = (name) => `AWSCognitoIdentityService.${name}`;
      identityId ??= (await call(cognito, target("GetId"), { IdentityPoolId: identityPoolId })).IdentityId;
      credentials = (await call(cognito, target("GetCredentialsForIdentity"), { IdentityId: identityId })).Credentials;
      ahead = credentials.Expiration * 1000 - CREDENTIALS_MILLISECONDS - Date.now();
    }
    return credentials;
  }

  async function put(records) {
    const body = { DeliveryStreamName: stream, Records: records.map((Data) => ({ Data })) };
    const sign = (headers, text) =>
      guest().then((keys) => signed(keys, region, "firehose", new URL(firehose), headers, text, new Date(now())));
    const answer = await call(firehose, PUT_TARGET, body, sign, { keepalive });
    return records.filter((_, index) => answer.RequestResponses[index].ErrorCode);
  }

  return async function send(events) {
    for (const batch of batches(records(events))) {
      let waiting = batch;
      for (let attempt = 0; waiting.length; attempt += 1) {
        if (attempt === attempts) throw new Error(`${waiting.length} records of events could not be sent`);
        if (attempt) await delay(attempt);
        try {
          // An envelope that is sent again keeps its id, so that it is the same event.
          waiting = await put(waiting);
        } catch (error) {
          if (error.final) throw error;
        }
      }
    }
  };
}

/** The envelope of an event: one line. */
function line(event) {
  const id = `guest-${hex(crypto.getRandomValues(new Uint8Array(16)))}`; // iOS before 15.4 has no randomUUID.
  const envelope = { id, receivedAt: new Date().toISOString(), body: event };
  return encoder.encode(`${JSON.stringify(envelope)}\n`);
}

/** Events as records in base64, each of as many lines as it may have. */
function* records(events) {
  let lines = [];
  let size = 0;
  for (const one of events.map(line)) {
    if (lines.length && size + one.length > MAX_RECORD_BYTES) {
      yield base64(lines);
      [lines, size] = [[], 0];
    }
    lines.push(one);
    size += one.length;
  }
  if (lines.length) yield base64(lines);
}

function base64(lines) {
  let text = "";
  for (const one of lines) for (const byte of one) text += String.fromCharCode(byte);
  return btoa(text);
}

function* batches(records) {
  let batch = [];
  let size = 0;
  for (const one of records) {
    if (batch.length === MAX_RECORDS || (batch.length && size + one.length > MAX_BATCH_BYTES)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(one);
    size += one.length;
  }
  if (batch.length) yield batch;
}

/** Calls an operation of AWS's JSON protocol; an error that a repetition cannot mend is marked `final`. */
async function call(endpoint, target, members, sign = (headers) => headers, options = {}) {
  const body = JSON.stringify(members);
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  const signal = AbortSignal.timeout?.(TIMEOUT_MILLISECONDS);
  const answer = await fetch(endpoint, { method: "POST", headers: await sign(headers, body), body, signal, ...options });
  if (answer.ok) return answer.json();
  const error = new Error(`${target}: ${answer.status} ${await answer.text()}`);
  error.final = answer.status < 500 && answer.status !== 429 && !/Throttl|LimitExceeded|TooMany/.test(error.message);
  throw error;
}

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
function delay(attempt) {
  const longest = Math.min(MAX_DELAY_MILLISECONDS, BASE_DELAY_MILLISECONDS * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
async function signed(keys, region, service, url, headers, body, time) {
  const timestamp = time.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const date = timestamp.slice(0, 8);
  const all = { ...headers, host: url.host, "x-amz-date": timestamp, "x-amz-security-token": keys.SessionToken };
  const names = Object.keys(all).sort();
  const canonical = [
    "POST",
    url.pathname,
    "",
    ...names.map((name) => `${name}:${all[name]}`),
    "",
    names.join(";"),
    await sha256(body),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", timestamp, scope, await sha256(canonical)].join("\n");
  let key = encoder.encode(`AWS4${keys.SecretKey}`);
  for (const part of [date, region, service, "aws4_request"]) key = await hmac(key, part);
  const signature = hex(await hmac(key, text));
  const credential = `Credential=${keys.AccessKeyId}/${scope}`;
  delete all.host; // The browser sends it by itself.
  all.authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return all;
}

async function hmac(key, text) {
  const usable = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return crypto.subtle.sign("HMAC", usable, encoder.encode(text));
}

async function sha256(text) {
  return hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
