/** The verbs of a rack, at the top level. Each loads only its own file. */
import type { VerbEntry } from './verb-entry.ts'

const rackVerb = (path: string, summary: string, load: VerbEntry['load']): VerbEntry => ({
  path,
  group: 'rack',
  summary,
  load,
})

export const rackVerbs: readonly VerbEntry[] = [
  rackVerb(
    'enroll',
    'make a directory a rack of an app',
    async () => (await import('./commands/enroll.ts')).enrollCommand,
  ),
  rackVerb(
    'status',
    'show what this rack is and runs, from its own disk',
    async () => (await import('./commands/status.ts')).statusCommand,
  ),
  rackVerb(
    'check',
    'ask the channel what this rack should do now',
    async () => (await import('./commands/check.ts')).checkCommand,
  ),
  rackVerb(
    'plan',
    'show what an update would do now',
    async () => (await import('./commands/plan.ts')).planCommand,
  ),
  rackVerb(
    'update',
    'bring this rack to what its channel says, prove it, or return',
    async () => (await import('./commands/update.ts')).updateCommand,
  ),
  rackVerb(
    'rollback',
    'send this rack back to a version that it proved',
    async () => (await import('./commands/rollback.ts')).rollbackCommand,
  ),
  rackVerb(
    'pin',
    'let this rack stay on a version',
    async () => (await import('./commands/pin.ts')).pinCommand,
  ),
  rackVerb(
    'unpin',
    'let this rack follow its channel again',
    async () => (await import('./commands/unpin.ts')).unpinCommand,
  ),
  rackVerb('hold', 'take nothing until a time', async () => (await import('./commands/hold.ts')).holdCommand),
  rackVerb('unhold', 'take updates again', async () => (await import('./commands/unhold.ts')).unholdCommand),
  rackVerb(
    'retry',
    'forget what failed here, so that it may be tried again',
    async () => (await import('./commands/retry.ts')).retryCommand,
  ),
  rackVerb(
    'switch',
    'follow another channel',
    async () => (await import('./commands/switch.ts')).switchCommand,
  ),
  rackVerb(
    'verify',
    'ask the checks now; what is healthy counts as proved',
    async () => (await import('./commands/verify.ts')).verifyCommand,
  ),
  rackVerb(
    'adopt',
    'record parameters that somebody changed as how they should be',
    async () => (await import('./commands/adopt.ts')).adoptCommand,
  ),
  rackVerb(
    'rehearse',
    'go to what an update would take and back once, and prove both',
    async () => (await import('./commands/rehearse.ts')).rehearseCommand,
  ),
  rackVerb(
    'history',
    'list what was tried on this rack, and how it ended',
    async () => (await import('./commands/history.ts')).historyCommand,
  ),
  rackVerb(
    'explain',
    'say what a rack should do now, and why, rule by rule',
    async () => (await import('./commands/explain.ts')).explainCommand,
  ),
  rackVerb(
    'doctor',
    'look for what is wrong with this rack',
    async () => (await import('./commands/doctor.ts')).doctorCommand,
  ),
  rackVerb(
    'agent run',
    'keep this rack on its channel until stopped',
    async () => (await import('./commands/agent/run.ts')).agentRunCommand,
  ),
  rackVerb(
    'agent once',
    'one round of the agent, for a timer',
    async () => (await import('./commands/agent/once.ts')).agentOnceCommand,
  ),
  rackVerb(
    'agent supervise',
    'run the agent, and let it update itself',
    async () => (await import('./commands/agent/supervise.ts')).agentSuperviseCommand,
  ),
  rackVerb(
    'agent enroll',
    'let the agent of this rack follow a channel of its own',
    async () => (await import('./commands/agent/enroll.ts')).agentEnrollCommand,
  ),
  rackVerb(
    'agent update',
    'bring the agent itself to what its channel says',
    async () => (await import('./commands/agent/update.ts')).agentUpdateCommand,
  ),
  rackVerb(
    'agent install',
    'write the systemd unit that keeps the agent running',
    async () => (await import('./commands/agent/install.ts')).agentInstallCommand,
  ),
  rackVerb(
    'agent uninstall',
    'remove that unit',
    async () => (await import('./commands/agent/uninstall.ts')).agentUninstallCommand,
  ),
  rackVerb(
    'agent status',
    'whether an agent runs on this rack, and when it asks again',
    async () => (await import('./commands/agent/status.ts')).agentStatusCommand,
  ),
]
