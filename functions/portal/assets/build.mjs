// Builds the portal's assets into a folder, and the contract's types into a file: node build.mjs OUTPUT TYPES.
// Both are the same, byte for byte, on every machine, so they are committed and `make assets-check` compares.
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";
import { transformSync } from "esbuild";
import { contractTypes } from "./types.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const uswds = join(here, "node_modules/@uswds/uswds");
const [out, types] = process.argv.slice(2);
if (!out || !types) throw new Error("name the output folder and the file for the types");

// The symbols of USWDS's icon set that pages use.
const icons = ["account_circle", "arrow_forward", "check_circle", "error", "expand_more", "help", "info", "lock", "lock_open", "logout",
  "mail", "menu", "print", "phone", "security", "shopping_basket", "warning"];
// The faces that the text uses; USWDS declares more.
const faces = ["sourcesanspro-regular-webfont", "sourcesanspro-bold-webfont", "roboto-mono-v5-latin-regular"];

/** @param {string} name @param {string | Buffer} body */
function put(name, body) {
  const file = join(out, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, body);
}

/** The style sheet, without the faces that no rule of ours needs, and the files that it names. */
function styles() {
  const made = sass.compile(join(here, "portal.scss"), {
    loadPaths: [join(uswds, "packages")], style: "compressed", quietDeps: true, charset: false,
    silenceDeprecations: ["if-function", "import", "global-builtin", "mixed-decls"], logger: sass.Logger.silent,
  }).css;
  const css = made
    .replace(/@font-face\{[^}]*\}/g, (face) => (faces.some((f) => face.includes(f)) ? face.replace(/,url\([^)]*\.(?:woff|ttf)"?\) ?format\("[a-z]+"\)/g, "") : ""));
  put("portal.css", css + "\n");
  const named = new Set([...css.matchAll(/url\("?([^")]+)"?\)/g)].map((m) => m[1]));
  for (const name of named) put(name, readFileSync(join(uswds, "dist", name)));
}

/** One sprite of the icons that are used, drawn by <use href=".../icons.svg#name">. */
function sprite() {
  const all = readFileSync(join(uswds, "dist/img/sprite.svg"), "utf8");
  const symbols = icons.map((name) => {
    const found = all.match(new RegExp(`<symbol[^>]* id="${name}"[^>]*>.*?</symbol>`, "s"));
    if (!found) throw new Error(`no icon ${name}`);
    return found[0];
  });
  put("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

/** Our modules, one file each, without comments and spaces; not bundled. */
function scripts() {
  for (const name of readdirSync(join(here, "scripts")).filter((n) => n.endsWith(".js")).sort()) {
    const { code } = transformSync(readFileSync(join(here, "scripts", name), "utf8"), { minify: true, format: "esm", target: "es2022", charset: "utf8" });
    put(name, code);
  }
}

/** x.br and x.gz beside each text file that gains by it, so that no function compresses while it answers. */
function compress(folder = "") {
  for (const entry of readdirSync(join(out, folder), { withFileTypes: true })) {
    const name = join(folder, entry.name);
    if (entry.isDirectory()) { compress(name); continue; }
    if (![".css", ".js", ".svg", ".txt"].includes(extname(name))) continue;
    const raw = readFileSync(join(out, name));
    const br = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } });
    const gz = gzipSync(raw, { level: 9 });
    if (br.length < raw.length) put(name + ".br", br);
    if (gz.length < raw.length) put(name + ".gz", gz);
  }
}

rmSync(out, { recursive: true, force: true });
styles();
sprite();
scripts();
cpSync(join(here, "img"), join(out, "img"), { recursive: true });
put("LICENSES.txt", `Parts of the U.S. Web Design System 3.14.0 (style sheet, icons, fonts):\n\n${readFileSync(join(uswds, "LICENSE.md"), "utf8")}`);
compress();
writeFileSync(types, contractTypes(JSON.parse(readFileSync(join(here, "../openapi.json"), "utf8"))));
