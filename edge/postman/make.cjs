// Makes the Postman collection: node edge/postman/make.cjs OPENAPI COLLECTION
//
// All operations as openapi-to-postmanv2 makes them, and before them the journey (journey.cjs).
const { convertV2 } = require("openapi-to-postmanv2");
const { readFileSync, writeFileSync } = require("node:fs");
const journey = require("./journey.cjs");

const OPTIONS = {
  folderStrategy: "Tags",
  requestNameSource: "Fallback",
  parametersResolution: "Example",
  enableOptionalParameters: false,
  includeAuthInfoInExample: false,
  alwaysInheritAuthentication: false,
  schemaFaker: true,
};
// Made anew at each run, or of no use in what is sent.
const LEFT_OUT = new Set(["id", "_postman_id", "response", "protocolProfileBehavior"]);
const FIXED = new Set(["Content-Type", "Accept"]);
const URL_NAME = "baseUrl";

function convert(text) {
  return new Promise((resolve, reject) => {
    convertV2({ type: "string", data: text }, OPTIONS, (error, made) => {
      if (error || !made.result) reject(error || new Error(made.reason));
      else resolve(made.output[0].data);
    });
  });
}

function tidy(each) {
  if (Array.isArray(each)) return each.map(tidy);
  if (each === null || typeof each !== "object") return each;
  const kept = Object.entries(each).filter(([key]) => !LEFT_OUT.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, tidy(value)]));
}

// What an operation takes and need not be sent is there, empty and switched off.
function settle(item) {
  for (const each of item.item ?? []) settle(each);
  const { request } = item;
  if (!request) return;
  delete request.name;
  delete item.event;
  request.description = request.description?.content ?? "";
  for (const header of request.header) {
    if (FIXED.has(header.key)) continue;
    header.disabled = true;
    header.value = "";
  }
  for (const query of request.url.query) {
    if (!query.disabled) continue;
    query.value = "";
  }
  if (request.auth) delete request.auth;
  else request.auth = { type: "noauth" };
}

async function main([source, target]) {
  const made = tidy(await convert(readFileSync(source, "utf8")));
  made.item.forEach(settle);
  const collection = {
    info: { ...made.info, name: "Stellr Academy", schema: made.info.schema },
    auth: { type: "bearer", bearer: [{ key: "token", value: "{{accessToken}}", type: "string" }] },
    variable: [{ key: URL_NAME, value: "http://127.0.0.1:8080" }],
    item: [journey.folder(), ...made.item],
  };
  writeFileSync(target, `${JSON.stringify(collection, null, 1)}\n`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
