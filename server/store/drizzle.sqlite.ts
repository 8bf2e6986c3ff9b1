/** How `npm run migrations` writes the migrations of this dialect. They are never edited after a release. */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  schema: './server/store/schema.sqlite.ts',
  out: './server/store/migrations/sqlite',
})
