/** The real histories of Convox, as rows of an import. */
import { readFileSync } from 'node:fs'
import {
  convertRackHistory,
  convertV3History,
  type ImportLine,
  parseRackHistory,
  parseV3History,
} from '../../../demo/convert-convox.ts'

const read = (name: string) => readFileSync(new URL(`../../../demo/data/${name}`, import.meta.url), 'utf8')

export function convoxV2(): ImportLine[] {
  return convertRackHistory(parseRackHistory(read('convox-rack-releases.json')))
}

export function convoxV3(): ImportLine[] {
  return convertV3History(parseV3History(read('convox-v3-releases.json')))
}
