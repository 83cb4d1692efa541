// Opens a WACZ in ReplayWeb.page, in Chromium, from loopback, and says what of the captured page works there.
//
//   node look.mjs EXPORT/data/capture.wacz PAGE-URL OUT.png NODE_MODULES REPLAYWEBPAGE-FOLDER
import http from "node:http";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const [wacz, page, out, modules, viewer] = process.argv.slice(2);
const { chromium } = createRequire(path.resolve(modules, "x.js"))("playwright-core");
const kinds = { ".js": "text/javascript", ".html": "text/html; charset=utf-8", ".wacz": "application/wacz" };
const frame = `<!DOCTYPE html><body style="margin:0"><replay-web-page style="height:100vh;display:block" replayBase="/replay/"
 source="/capture.wacz" url="${page}" embed="replayonly"></replay-web-page><script src="/replay/ui.js"></script>`;

const server = http.createServer((asked, answer) => {
  const where = new URL(asked.url, "http://localhost").pathname;
  if (where === "/") return answer.writeHead(200, { "Content-Type": kinds[".html"] }).end(frame);
  const file = where === "/capture.wacz" ? wacz : path.join(viewer, path.basename(where));
  if (!fs.existsSync(file)) return answer.writeHead(404).end();
  const size = fs.statSync(file).size;
  const head = { "Content-Type": kinds[path.extname(file)] ?? "application/octet-stream", "Accept-Ranges": "bytes" };
  const range = /^bytes=(\d*)-(\d*)$/.exec(asked.headers.range ?? "");
  if (!range) {
    answer.writeHead(200, { ...head, "Content-Length": size });
    return asked.method === "HEAD" ? answer.end() : fs.createReadStream(file).pipe(answer);
  }
  const from = range[1] ? +range[1] : Math.max(0, size - +range[2]);
  const to = range[1] && range[2] ? Math.min(+range[2], size - 1) : size - 1;
  answer.writeHead(206, { ...head, "Content-Length": to - from + 1, "Content-Range": `bytes ${from}-${to}/${size}` });
  fs.createReadStream(file, { start: from, end: to }).pipe(answer);
}).listen(0, "127.0.0.1", async () => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Nothing but this server is reached: what shows comes from the capture.
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost", "--no-sandbox"],
  });
  try {
    const view = await browser.newPage({ viewport: { width: 1000, height: 700 } });
    if (process.env.TALK) view.context().on("console", (m) => console.error("console:", m.text()));
    if (process.env.TALK) view.context().on("response", (r) => console.error(r.status(), r.url().slice(0, 150)));
    await view.goto(`http://localhost:${server.address().port}/`);
    let shown;
    for (let i = 0; i < 60 && !shown; i++) {
      await view.waitForTimeout(500);
      for (const one of view.frames()) {
        if (!one.url().includes("mp_/")) continue;
        if (await one.evaluate(() => document.readyState === "complete" && !!document.body?.children.length)) shown = one;
      }
    }
    if (!shown) await view.screenshot({ path: out });
    if (!shown) throw new Error("the page did not come: " + view.frames().map((f) => f.url()).join(" "));
    await view.waitForTimeout(1500);
    const said = await shown.evaluate(() => ({
      title: document.title,
      pictures: [...document.images].map((i) => [i.getAttribute("src"), i.naturalWidth]),
      colour: getComputedStyle(document.querySelector("h1")).color,
      background: getComputedStyle(document.querySelector("#banner")).backgroundImage.slice(0, 5),
      script: document.querySelector("#by-script")?.textContent,
      fetched: document.querySelector("#by-fetch")?.textContent,
      parts: performance.getEntriesByType("resource").map((e) => [e.name.replace(/^.*mp_\//, ""), e.responseStatus]),
    }));
    await view.screenshot({ path: out });
    console.log(JSON.stringify(said, null, 1));
  } finally {
    await browser.close();
    server.close();
  }
});
