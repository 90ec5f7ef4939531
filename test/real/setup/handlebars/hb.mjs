// Evaluates templates with handlebars.js. Standard input holds one JSON object a line, {"template", "claims"}; for each a line comes back,
// {"output"} or {"error"}. The helpers are those that the product registers, written from their description.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const Handlebars = createRequire(process.env.MODULES + '/')('handlebars')
const engine = Handlebars.create()

const fold = (v) => (typeof v === 'string' ? v.toLowerCase() : v)
const same = (a, b) => (typeof a === 'string' && typeof b === 'string' ? fold(a) === fold(b) : a === b)
const two = (test) =>
  function (a, b, options) {
    return test(a, b) ? options.fn(this) : options.inverse(this)
  }
engine.registerHelper('includes', two((list, v) => Array.isArray(list) && list.some((m) => same(m, v))))
engine.registerHelper('equals', two(same))
engine.registerHelper('notEquals', two((a, b) => !same(a, b)))
engine.registerHelper('contains', two((s, t) => typeof s === 'string' && typeof t === 'string' && fold(s).includes(fold(t))))
engine.registerHelper('exists', function (v, options) {
  return v !== null && v !== undefined ? options.fn(this) : options.inverse(this)
})
for (const [name, test] of [['and', (l) => l.every(Boolean)], ['or', (l) => l.some(Boolean)]]) {
  engine.registerHelper(name, function (...args) {
    const options = args.pop()
    return test(args) ? options.fn(this) : options.inverse(this)
  })
}
engine.registerHelper('json', (v) => {
  if (typeof v !== 'string') return JSON.stringify(v)
  try {
    return JSON.parse(v)
  } catch {
    return v
  }
})
engine.registerHelper('pluck', (list, name) =>
  Array.isArray(list) ? list.map((m) => (m && typeof m === 'object' ? m[name] : null)).filter((v) => v !== null && v !== undefined) : [],
)
const escapes = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
engine.registerHelper('escapeJson', (v) => (typeof v === 'string' ? v.replace(/[\\"\n\r\t]/g, (c) => escapes[c]) : v))
engine.registerHelper('currentDate', () => '2026-01-01')
engine.registerHelper('currentTime', () => '12:00:00 UTC')
engine.logger.log = () => {} // it tells of every name that is none of an object's own
engine.log = Handlebars.logger.log = () => {}

for await (const line of createInterface({ input: process.stdin })) {
  const { template, claims } = JSON.parse(line)
  let answer
  try {
    answer = { output: engine.compile(template, { noEscape: true })(claims) }
  } catch (e) {
    answer = { error: String(e.message) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
