// The door to every script: `node scripts/run.mjs <name> [arguments]`. Plain JavaScript on purpose, so that a Node that
// is too old (it cannot read TypeScript) still gets a sentence instead of a stack trace.
const [major] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `This needs the Node that comes with the project (26), not ${process.version}.\n` +
      'Run `npm ci` first, then start scripts with `npm run …`. If it was installed with `--omit=optional`, install again without.',
  )
  process.exit(1)
}

const name = process.argv[2] ?? ''
process.argv.splice(1, 2, name)
await import(`./${name}.ts`)
