/** The verbs of the path to production: policies, proposals, and what is said of a release on its way. */
import type { VerbEntry } from './verb-entry.ts'

export const gateVerbs: readonly VerbEntry[] = [
  {
    path: 'release unyank',
    group: 'releases',
    summary: 'lift a yank, at once or as a proposal',
    load: async () => (await import('./commands/release/unyank.ts')).releaseUnyankCommand,
  },
  {
    path: 'release known-issue',
    group: 'releases',
    summary: 'name a cause of failures that is understood',
    load: async () => (await import('./commands/release/known-issue.ts')).releaseKnownIssueCommand,
  },
  {
    path: 'channel policy show',
    group: 'releases',
    summary: 'show what the promotions of a channel have to pass',
    load: async () => (await import('./commands/channel/policy-show.ts')).channelPolicyShowCommand,
  },
  {
    path: 'channel policy set',
    group: 'releases',
    summary: 'set the policy of a channel',
    load: async () => (await import('./commands/channel/policy-set.ts')).channelPolicySetCommand,
  },
  {
    path: 'channel policy test',
    group: 'releases',
    summary: 'try a policy on what the channel took in the past',
    load: async () => (await import('./commands/channel/policy-test.ts')).channelPolicyTestCommand,
  },
  {
    path: 'proposal list',
    group: 'releases',
    summary: 'list what waits, and for what',
    load: async () => (await import('./commands/proposal/list.ts')).proposalListCommand,
  },
  {
    path: 'proposal show',
    group: 'releases',
    summary: 'show a proposal with its gates as they stand now',
    load: async () => (await import('./commands/proposal/show.ts')).proposalShowCommand,
  },
  {
    path: 'proposal approve',
    group: 'releases',
    summary: 'approve a proposal as a second person',
    load: async () => (await import('./commands/proposal/approve.ts')).proposalApproveCommand,
  },
  {
    path: 'proposal reject',
    group: 'releases',
    summary: 'reject a proposal',
    load: async () => (await import('./commands/proposal/reject.ts')).proposalRejectCommand,
  },
  {
    path: 'evidence add',
    group: 'releases',
    summary: 'record that something was tried with a release',
    load: async () => (await import('./commands/evidence/add.ts')).evidenceAddCommand,
  },
  {
    path: 'checklist show',
    group: 'releases',
    summary: 'show the checklist of a channel for a release',
    load: async () => (await import('./commands/checklist/show.ts')).checklistShowCommand,
  },
  {
    path: 'checklist tick',
    group: 'releases',
    summary: 'tick an item of a checklist for a release',
    load: async () => (await import('./commands/checklist/tick.ts')).checklistTickCommand,
  },
  {
    path: 'object',
    group: 'releases',
    summary: 'object to a release, from a desk or from a rack',
    load: async () => (await import('./commands/object.ts')).objectCommand,
  },
  {
    path: 'objection answer',
    group: 'releases',
    summary: 'answer an objection',
    load: async () => (await import('./commands/objection/answer.ts')).objectionAnswerCommand,
  },
  {
    path: 'review list',
    group: 'releases',
    summary: 'list what went past the rules and nobody has looked at',
    load: async () => (await import('./commands/review/list.ts')).reviewListCommand,
  },
  {
    path: 'review sign',
    group: 'releases',
    summary: 'sign a review as a second person',
    load: async () => (await import('./commands/review/sign.ts')).reviewSignCommand,
  },
]
