/** How `npm run migrations` writes the migrations of this dialect. They are never edited after a release. */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './server/store/schema.postgres.ts',
  out: './server/store/migrations/postgres',
})
