// DuckDB in a process of its own. One JSON object a line on standard input: {"sql": ".."}, and on
// standard output what it took: {"ms": .., "rows": [..]} or {"error": ".."}. Rows are read before
// the clock stops and turned into JSON after it.
//
//     node duckdb.mjs PACKAGES DATABASE_FILE
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [packages, file] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(`${packages}/package.json`)('@duckdb/node-api');

async function run(connection, sql) {
  const begin = performance.now();
  const result = await connection.run(sql);
  const chunks = await result.fetchAllChunks();
  const ms = performance.now() - begin;
  return { ms, rows: chunks.flatMap((chunk) => chunk.getRows()) };
}

// 64-bit integers are BigInt here; all of the workload's fit into a double. A list has its items.
function plain(key, value) {
  if (typeof value === 'bigint') return Number(value);
  return value !== null && typeof value === 'object' && 'items' in value ? value.items : value;
}

const instance = await DuckDBInstance.create(file);
const connection = await instance.connect();
for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = await run(connection, JSON.parse(line).sql);
  } catch (problem) {
    reply = { error: String(problem) };
  }
  process.stdout.write(JSON.stringify(reply, plain) + '\n');
}
connection.closeSync();
instance.closeSync();
