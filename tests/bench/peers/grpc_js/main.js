// grpc_js serves what tests/bench compares: grpc.health.v1.Health as
// grpc-health-check ships it, and GetServerInfo with the answer in the file
// ANSWER.  Prints its address.  Usage: node main.js PROTOS ANSWER [CERT KEY]
"use strict";

const fs = require("node:fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const { HealthImplementation } = require("grpc-health-check");

const [protos, answer, cert, key] = process.argv.slice(2);
const packages = grpc.loadPackageDefinition(
  loader.loadSync("kindred/v1/accounts.proto", { includeDirs: [protos] }),
);
const { service } = packages.kindred.v1.Accounts;
const info = service.GetServerInfo.responseDeserialize(fs.readFileSync(answer));
const server = new grpc.Server();

server.addService(service, {
  GetServerInfo: (_call, done) => done(null, info),
});
new HealthImplementation({ "": "SERVING" }).addToServer(server);
server.bindAsync(
  "127.0.0.1:0",
  cert
    ? grpc.ServerCredentials.createSsl(null, [
        { cert_chain: fs.readFileSync(cert), private_key: fs.readFileSync(key) },
      ])
    : grpc.ServerCredentials.createInsecure(),
  (error, port) => {
    if (error) throw error;
    console.log(`127.0.0.1:${port}`);
  },
);
