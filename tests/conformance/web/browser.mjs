// browser.mjs DESCRIPTORS SERVER CHROMIUM WORK [CERT KEY] -- serves the page,
// starts the interop server for its origin, and lets a real Chromium visit it
// twice: from that origin, and from one that is not on the list.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { buildSync } from "esbuild";

const [descriptors, server, chromium, work, cert, key] = process.argv.slice(2);
const script = buildSync({ entryPoints: [new URL("page.mjs", import.meta.url).pathname], bundle: true, write: false,
  format: "esm", logLevel: "error" }).outputFiles[0].text;
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
if (cert) flags.push("--ignore-certificate-errors"); // of our own server, and it visits no other
const patience = 120000;
let baseUrl, report;

const pages = createServer((request, response) => {
  const give = (type, body) => response.writeHead(200, { "content-type": type }).end(body);
  if (request.url === "/") give("text/html", '<!doctype html><script type="module" src="/page.js"></script>');
  else if (request.url === "/page.js") give("text/javascript", script);
  else if (request.url === "/setup") give("application/json", JSON.stringify({ baseUrl }));
  else if (request.url === "/descriptors") give("application/octet-stream", readFileSync(descriptors));
  else if (request.url === "/report") {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => { give("text/plain", ""); report(JSON.parse(body)); });
  } else response.writeHead(404).end();
});
await new Promise((done) => pages.listen(0, "127.0.0.1", done));
const { port } = pages.address();

const secure = cert ? ["--tls-cert", cert, "--tls-key", key] : [];
const interop = spawn(server, ["--port", "0", "--origin", `http://127.0.0.1:${port}`, ...secure], { stdio: ["ignore", "pipe", "inherit"] });
baseUrl = await new Promise((done) => interop.stdout.once("data", (line) => done(`${cert ? "https" : "http"}://${String(line).split(" ")[2].trim()}`)));

async function visit(url) {
  const profile = mkdtempSync(join(work, "chromium-"));
  const told = new Promise((done, failed) => {
    report = done;
    setTimeout(() => failed(new Error(`no report from ${url}`)), patience).unref();
  });
  const browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, url], { stdio: "ignore", detached: true });
  const gone = new Promise((done) => browser.once("exit", done));
  try {
    return await told;
  } finally {
    process.kill(-browser.pid, "SIGKILL"); // its group: it has children of its own
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

let lines = [], failed = 0;
try {
  lines = [...await visit(`http://127.0.0.1:${port}/`), ...await visit(`http://localhost:${port}/#denied`)];
} catch (error) {
  lines.push(`FAILED chromium: ${error}`);
}
for (const line of lines) console.log(line);
failed = lines.filter((line) => !line.startsWith("ok ")).length;
console.log(`${lines.length - failed} passed, ${failed} failed`);
interop.kill();
process.exit(failed || lines.length < 2 ? 1 : 0);
