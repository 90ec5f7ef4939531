// Checks JSON documents against the types that vendors publish of their APIs.
//
// Standard input: [{"name": string, "type": string, "value": any}, ...]; `type` is a key of types or messages below.
// Standard output: [{"name": string, "problems": [string, ...]}, ...], in the same order.
//
// The value is written as an object literal of that type, so the compiler also reports members that the type does not have.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const modules = process.env.MODULES;
const require = createRequire(modules + "/");
const ts = require("typescript");
const { fromJson } = await import(modules + "/@bufbuild/protobuf/dist/esm/index.js");
const zitadel = await import(modules + "/@zitadel/proto/es/zitadel/management_pb.js");

const imported = (from, name) => `import("${from}").${name}`;
const graph = (name) => imported("@microsoft/microsoft-graph-types", name);
const okta = (name) => imported("@okta/okta-sdk-nodejs/src/types/generated/models/" + name, name);
const types = {
  "graph.Application": graph("Application"),
  "graph.ServicePrincipal": graph("ServicePrincipal"),
  "graph.ClaimsMappingPolicy": graph("ClaimsMappingPolicy"),
  // The bodies of two actions: the package has the entities only, these are parts of them.
  "graph.instantiate": `Pick<${graph("Application")}, "displayName">`,
  "graph.addTokenSigningCertificate": `Pick<${graph("SelfSignedCertificate")}, "displayName" | "endDateTime">`,
  "okta.SamlApplication": okta("SamlApplication"),
  "okta.OpenIdConnectApplication": okta("OpenIdConnectApplication"),
  "okta.OAuth2Claim": okta("OAuth2Claim"),
  "auth0.Client": imported("auth0", "Management.CreateClientRequestContent"),
  "keycloak.Client": imported("@keycloak/keycloak-admin-client/lib/defs/clientRepresentation", "default"),
  "authentik.OAuth2Provider": imported("@goauthentik/api", "OAuth2ProviderRequest"),
  "authentik.SAMLProvider": imported("@goauthentik/api", "SAMLProviderRequest"),
  "authentik.ScopeMapping": imported("@goauthentik/api", "ScopeMappingRequest"),
  "authentik.SAMLPropertyMapping": imported("@goauthentik/api", "SAMLPropertyMappingRequest"),
  "authentik.Application": imported("@goauthentik/api", "ApplicationRequest"),
};
const messages = {
  "zitadel.AddOIDCApp": zitadel.AddOIDCAppRequestSchema,
  "zitadel.AddSAMLApp": zitadel.AddSAMLAppRequestSchema,
};

const options = {
  strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
};

function byTypes(cases) {
  const sources = new Map(cases.map((c, i) => [`${modules}/case-${i}.ts`, `export const value: ${types[c.type]} = ${JSON.stringify(c.value, null, 1)};\n`]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists.call(host, file);
  host.readFile = (file) => sources.get(file) ?? readFile.call(host, file);
  host.getSourceFile = (file, version) =>
    sources.has(file) ? ts.createSourceFile(file, sources.get(file), version) : getSourceFile.call(host, file, version);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].map((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map((d) => {
    const line = sources.get(file).split("\n")[d.file.getLineAndCharacterOfPosition(d.start).line];
    return `${line.trim()}: ${ts.flattenDiagnosticMessageText(d.messageText, " ")}`;
  }));
}

function byMessage(c) {
  try {
    fromJson(messages[c.type], c.value);
    return [];
  } catch (e) {
    return [String(e.message)];
  }
}

const cases = JSON.parse(readFileSync(0, "utf8"));
for (const c of cases) {
  if (!types[c.type] && !messages[c.type]) throw new Error(`no type ${c.type}`);
}
const typed = cases.filter((c) => types[c.type]);
const found = byTypes(typed);
const answer = cases.map((c) => ({ name: c.name, problems: types[c.type] ? found[typed.indexOf(c)] : byMessage(c) }));
process.stdout.write(JSON.stringify(answer));
