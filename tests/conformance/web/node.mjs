// node.mjs DESCRIPTORS URL -- connect-es and grpc-web in Node, against an interop server.
import { readFileSync } from "node:fs";
import * as node from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import xhr2 from "xhr2";
import { connectEs, grpcWebNpm, open } from "./cases.mjs";

globalThis.XMLHttpRequest = xhr2.XMLHttpRequest ?? xhr2;

const [descriptors, baseUrl] = process.argv.slice(2);
const api = open(readFileSync(descriptors));
const cases = [];
for (const useBinaryFormat of [true, false]) {
  const form = useBinaryFormat ? "proto" : "json";
  const options = { baseUrl, useBinaryFormat };
  for (const httpVersion of ["1.1", "2"]) {
    const all = { both: true, duplex: httpVersion === "2" };
    for (const [name, make] of [["connect", node.createConnectTransport], ["grpc-web", node.createGrpcWebTransport]])
      cases.push([`connect-node ${name} ${form} HTTP/${httpVersion}`,
        () => connectEs(api, make({ ...options, httpVersion }), all)]);
    cases.push([`connect-node connect ${form} HTTP/${httpVersion} GET, gzip sent`, () => connectEs(api,
      node.createConnectTransport({ ...options, httpVersion, useHttpGet: true, sendCompression: node.compressionGzip,
        compressMinBytes: 1 }), all)]);
  }
  cases.push([`connect-node grpc ${form} HTTP/2`, () => connectEs(api,
    node.createGrpcTransport({ ...options, httpVersion: "2" }), { both: true, duplex: true })]);
  cases.push([`connect-web connect ${form}`, () => connectEs(api, web.createConnectTransport(options))]);
  cases.push([`connect-web connect ${form} GET`, () => connectEs(api,
    web.createConnectTransport({ ...options, useHttpGet: true }))]);
  cases.push([`connect-web grpc-web ${form}`, () => connectEs(api, web.createGrpcWebTransport(options))]);
}
cases.push(["grpc-web text", () => grpcWebNpm(api, baseUrl, "text")]);
cases.push(["grpc-web binary", () => grpcWebNpm(api, baseUrl, "binary")]);

let failed = 0;
for (const [name, run] of cases) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error.stack ?? error}`);
  }
}
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
