// The shapes of the HTTP contract as TypeScript declarations, for tsc only; never served.

/** @param {any} schema @returns {string} */
function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ v) => JSON.stringify(v)).join(" | ");
  switch (schema.type) {
    case "string": return "string";
    case "integer": return "number";
    case "boolean": return "boolean";
    case "null": return "null";
    case "array": return `Array<${typeOf(schema.items)}>`;
    case "object": {
      const members = Object.entries(schema.properties ?? {}).map(([name, s]) =>
        `${JSON.stringify(name)}${schema.required?.includes(name) ? "" : "?"}: ${typeOf(s)}`);
      return `{ ${members.join("; ")} }`;
    }
    default: throw new Error(`a schema that types.mjs does not know: ${JSON.stringify(schema)}`);
  }
}

/** @param {any} contract @returns {string} */
export function contractTypes(contract) {
  const lines = Object.entries(contract.components.schemas).map(([name, s]) => `export type ${name} = ${typeOf(s)};`);
  return `// Made by build.mjs from openapi.json.\n${lines.join("\n")}\n`;
}
