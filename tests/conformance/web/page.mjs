// What the browser runs: connect-web and grpc-web across origins.  The page at
// #denied is served from an origin that the server does not know.
import * as web from "@connectrpc/connect-web";
import { connectEs, grpcWebNpm, need, open } from "./cases.mjs";

async function tell(lines) {
  await fetch("/report", { method: "POST", body: JSON.stringify(lines) });
}

const { baseUrl } = await (await fetch("/setup")).json();
const api = open(new Uint8Array(await (await fetch("/descriptors")).arrayBuffer()));
const cases = [];
for (const useBinaryFormat of [true, false]) {
  const form = useBinaryFormat ? "proto" : "json";
  const options = { baseUrl, useBinaryFormat };
  cases.push([`connect ${form}`, () => connectEs(api, web.createConnectTransport(options))]);
  cases.push([`connect ${form} GET`, () => connectEs(api, web.createConnectTransport({ ...options, useHttpGet: true }))]);
  cases.push([`grpc-web ${form}`, () => connectEs(api, web.createGrpcWebTransport(options))]);
}
cases.push(["npm grpc-web text", () => grpcWebNpm(api, baseUrl, "text")]);
cases.push(["npm grpc-web binary", () => grpcWebNpm(api, baseUrl, "binary")]);

const denied = [["an origin that is not on the list", async () => {
  let failure;
  try {
    await connectEs(api, web.createConnectTransport({ baseUrl }));
  } catch (error) {
    failure = error;
  }
  need(failure && String(failure).includes("fetch"), `expected to be refused: ${failure}`);
}]];

const lines = [];
for (const [name, run] of location.hash === "#denied" ? denied : cases) {
  try {
    await run();
    lines.push(`ok chromium ${name}`);
  } catch (error) {
    lines.push(`FAILED chromium ${name}: ${error.stack ?? error}`);
  }
}
await tell(lines);
