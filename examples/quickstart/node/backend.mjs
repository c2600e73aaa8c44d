// A client backend in Node, without packages: it gets a Sentiance authentication code for the user of its app.
import { createServer } from "node:http";

const { PORT, SENTIANCE_URL, SENTIANCE_KEY } = process.env;

// The ids given to the vendor are random and never change. They reveal nothing about the person.
const users = new Map([
  ["alice-app-session", { vendorId: "u4m9t2kx7q0ehw6zr1vd" }],
  ["bob-app-session", { vendorId: "u8c3y5nb1j7pfs2ga9ol" }],
]);

async function authenticationCode(user) {
  const answer = await fetch(`${SENTIANCE_URL}/users/auth-code`, {
    method: "POST",
    headers: { authorization: `Bearer ${SENTIANCE_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ external_id: user.vendorId }),
    redirect: "manual", // the key goes only to the vendor
    signal: AbortSignal.timeout(3000), // the app never waits for a vendor that doesn't answer
  });
  const code = answer.status === 200 ? (await answer.json()).authentication_code : undefined;
  if (typeof code !== "string") throw new Error(`no code, status ${answer.status}`);
  return code;
}

async function answerTo(request) {
  const login = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const user = users.get(login); // only the login counts, not the body
  if (request.method !== "POST" || request.url !== "/credential") return [404, { error: "not found" }];
  if (user === undefined) return [401, { error: "not signed in" }];
  try {
    return [200, { code: await authenticationCode(user) }];
  } catch (error) {
    console.error(error.message); // for our log; the app is not told how the vendor refused us
    return [503, { error: "try again later" }];
  }
}

createServer(async (request, response) => {
  request.resume();
  const [status, body] = await answerTo(request);
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}).listen(Number(PORT), "127.0.0.1");
