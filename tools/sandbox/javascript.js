// Runs inside the sandbox around a candidate's JavaScript; speaks the same lines as harness.py.
"use strict";
const fs = require("fs");
const vm = require("vm");
const [REQUESTS, REPLIES] = process.argv.slice(1, 3).map(Number);
const NAME = "solution.js";
let rest = Buffer.alloc(0);

function receive() {
  for (;;) {
    const at = rest.indexOf(10);
    if (at >= 0) {
      const line = rest.subarray(0, at).toString();
      rest = rest.subarray(at + 1);
      return JSON.parse(line);
    }
    const piece = Buffer.alloc(65536);
    const size = fs.readSync(REQUESTS, piece);
    if (size === 0) process.exit(0);
    rest = Buffer.concat([rest, piece.subarray(0, size)]);
  }
}

function send(message) {
  const data = Buffer.from(JSON.stringify(message) + "\n");
  for (let at = 0; at < data.length; ) at += fs.writeSync(REPLIES, data, at);
}

function describe(error, lines) {
  const stack = String((error && error.stack) || "");
  const places = [...stack.matchAll(/solution\.js:(\d+)/g)].map((m) => Number(m[1]));
  const line = places.length ? places[0] : null;
  return {
    type: String((error && error.name) || typeof error),
    message: String(error && error.message !== undefined ? error.message : error).slice(0, 2000),
    line,
    text: line ? String(lines[line - 1] || "").trim().slice(0, 200) : "",
    trace: places.slice(0, 8).map((n) => "line " + n),
  };
}

function find(name) {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) throw new ReferenceError("bad name");
  const inner = "typeof " + name + ' === "undefined" ? undefined : ' + name;
  const found = vm.runInThisContext(inner);
  const value = found === undefined ? global.module.exports[name] : found;
  if (value === undefined) throw new ReferenceError("the code defines no " + name);
  return value;
}

async function answer(test) {
  if (test.ops) {
    let built = null;
    const answers = [];
    for (const [name, args] of test.ops) {
      if (built === null) {
        built = new (find(name))(...args);
        answers.push(null);
      } else {
        answers.push(await built[name](...args));
      }
    }
    return answers;
  }
  const value = await find(test.fn)(...test.args);
  if (test.take !== undefined && test.take !== null) {
    const taken = [];
    for (const item of value) {
      if (taken.length >= test.take) break;
      taken.push(item);
    }
    return taken;
  }
  return Number.isInteger(test.in_place) ? test.args[test.in_place] : value;
}

async function main() {
  send({ k: "ready" });
  const source = receive().source;
  const lines = source.split("\n");
  global.module = { exports: {} };
  global.exports = global.module.exports;
  global.require = require;
  let script;
  try {
    script = new vm.Script(source, { filename: NAME });
  } catch (error) {
    send({ k: "compile_error", error: describe(error, lines) });
    process.exit(1);
  }
  try {
    script.runInThisContext();
  } catch (error) {
    send({ k: "load_error", error: describe(error, lines) });
    process.exit(1);
  }
  send({ k: "loaded" });
  for (;;) {
    const test = receive();
    let reply;
    try {
      const value = await answer(test);
      reply = { k: "value", v: value === undefined ? null : value };
    } catch (error) {
      reply = { k: "raised", error: describe(error, lines) };
    }
    try {
      send(reply);
    } catch (error) {
      send({ k: "not_json", type: typeof reply.v, why: String(error) });
    }
  }
}

main();
