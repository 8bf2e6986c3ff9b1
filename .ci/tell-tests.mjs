// What a JSON report of vitest says: `node .ci/tell-tests.mjs counts|slowest|failures REPORT`. Counts are those of tests
// that passed, failed, and were not run; of each failure the beginning of its error is told.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const slowest = 10
const linesOfAnError = 5
const columns = 160

const [, , what, file] = process.argv
const report = JSON.parse(readFileSync(file, 'utf8'))
const tells = { counts: tellCounts, slowest: tellSlowest, failures: tellFailures }
tells[what]()

function tellCounts() {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report
  console.log(numPassedTests, numFailedTests, numPendingTests + numTodoTests)
}

function tellSlowest() {
  const files = report.testResults.map(({ name, startTime, endTime }) => ({
    name,
    took: endTime - startTime,
  }))
  for (const { name, took } of files.toSorted((a, b) => b.took - a.took).slice(0, slowest))
    console.log(`${(took / 1000).toFixed(0).padStart(5)} s  ${relative('.', name)}`)
}

function tellFailures() {
  for (const { name, status, message, assertionResults } of report.testResults) {
    const tests = assertionResults.filter((test) => test.status !== 'passed')
    for (const test of tests)
      tell(`${relative('.', name)} > ${test.fullName}`, test.failureMessages?.[0] ?? `it was ${test.status}`)
    // A file that could not be loaded has no tests.
    if (status === 'failed' && tests.length === 0) tell(relative('.', name), message)
  }
}

function tell(name, error) {
  console.log(`FAILED ${name}`)
  const lines = error.split('\n').filter((line) => line.trim() !== '' && !isElsewhere(line))
  for (const line of lines.slice(0, linesOfAnError)) console.log(`    ${line.slice(0, columns)}`)
}

/** A line of a stack that is not in our own files. */
function isElsewhere(line) {
  return /^\s+at /.test(line) && (!line.includes(process.cwd()) || line.includes('/node_modules/'))
}
