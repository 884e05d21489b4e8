// What every client is asked to do, in Node and in the browser.
import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import grpcWeb from "grpc-web";

export const size = 3000; // enough to be compressed
const limit = { timeoutMs: 20000 };

export function need(holds, what) {
  if (!holds) throw new Error(what);
}

// The descriptors that the build made: no generated code.
export function open(bytes) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  return { registry, service: registry.getService("grpc.testing.TestService") };
}

async function code(promise) {
  try {
    await promise;
  } catch (error) {
    return ConnectError.from(error);
  }
  return null;
}

async function collect(stream) {
  const all = [];
  for await (const message of stream) all.push(message.payload?.body.length ?? 0);
  return all;
}

// All that a transport can do; `both`: streams from the client too.
export async function connectEs(api, transport, { both = false, duplex = false } = {}) {
  const client = createClient(api.service, transport);
  const unary = await client.unaryCall({ responseSize: size }, limit);
  need(unary.payload.body.length === size, "unary: wrong size");
  const cacheable = await client.cacheableUnaryCall({ responseSize: 5 }, limit);
  need(cacheable.payload.body.length === 5, "cacheable: wrong size");

  const sizes = [31415, 0, 2653, 58979];
  const got = await collect(client.streamingOutputCall({ responseParameters: sizes.map((size) => ({ size })) }, limit));
  need(got.join() === sizes.join(), `stream: got ${got}`);

  let error = await code(client.unaryCall({ responseStatus: { code: 9, message: "words ☺ %" } }, limit));
  need(error?.code === Code.FailedPrecondition && error.rawMessage === "words ☺ %", `error: ${error}`);
  error = await code(client.unaryCall({ responseSize: -1 }, limit));
  need(error?.code === Code.InvalidArgument && error.details.length === 1, `details: ${error}`);
  need(error.details[0].type === "google.rpc.ErrorInfo", "details: another type");
  error = await code(collect(client.streamingOutputCall({ responseParameters: [{ size: 1 }, { size: -1 }] }, limit)));
  need(error?.code === Code.InvalidArgument, `stream error: ${error}`);
  error = await code(collect(client.streamingOutputCall({ payload: {} }, { timeoutMs: 100 })));
  need(error?.code === Code.DeadlineExceeded, `deadline: ${error}`);

  if (both) {
    const sum = await client.streamingInputCall(
      (async function* () {
        for (const n of [27182, 8, 1828, 45904]) yield { payload: { body: new Uint8Array(n) } };
      })(),
      limit,
    );
    need(sum.aggregatedPayloadSize === 74922, "input stream: wrong sum");
  }
  if (duplex) {
    const echoed = await collect(
      client.fullDuplexCall(
        (async function* () {
          for (const size of sizes) yield { responseParameters: [{ size }] };
        })(),
        limit,
      ),
    );
    need(echoed.join() === sizes.join(), `duplex: got ${echoed}`);
  }
}

// npm's grpc-web, whose body is base64 ("text") or not.
export async function grpcWebNpm(api, base, format) {
  const client = new grpcWeb.GrpcWebClientBase({ format });
  const path = "/grpc.testing.TestService/";
  const schema = (name) => api.registry.getMessage(`grpc.testing.${name}`);
  const method = (name, type, input, output) =>
    new grpcWeb.MethodDescriptor(path + name, type, Object, Object,
      (message) => toBinary(schema(input), message), (bytes) => fromBinary(schema(output), bytes));
  const deadline = () => ({ deadline: String(Date.now() + 20000) });

  const unary = method("UnaryCall", grpcWeb.MethodType.UNARY, "SimpleRequest", "SimpleResponse");
  const answer = await client.unaryCall(`${base}${path}UnaryCall`,
    create(schema("SimpleRequest"), { responseSize: size }), deadline(), unary);
  need(answer.payload.body.length === size, "grpc-web unary: wrong size");
  let failure;
  try {
    await client.unaryCall(`${base}${path}UnaryCall`,
      create(schema("SimpleRequest"), { responseStatus: { code: 5, message: "not ☺ here" } }), deadline(), unary);
  } catch (error) {
    failure = error;
  }
  need(failure?.code === 5 && failure.message === "not ☺ here", `grpc-web error: ${failure}`);

  if (format !== "text") return; // XMLHttpRequest streams text only
  const output = method("StreamingOutputCall", grpcWeb.MethodType.SERVER_STREAMING,
    "StreamingOutputCallRequest", "StreamingOutputCallResponse");
  const sizes = [1, 2, 3, 4, 5000];
  const got = [];
  await new Promise((resolve, reject) => {
    const stream = client.serverStreaming(`${base}${path}StreamingOutputCall`,
      create(schema("StreamingOutputCallRequest"), { responseParameters: sizes.map((size) => ({ size })) }),
      deadline(), output);
    stream.on("data", (message) => got.push(message.payload?.body.length ?? 0));
    stream.on("error", reject);
    stream.on("end", resolve);
  });
  need(got.join() === sizes.join(), `grpc-web stream: got ${got}`);
}
