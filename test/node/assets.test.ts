import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fillFolder } from '../../scripts/assets/fill-folder'
import { createPages } from '../../scripts/assets/pages'
import { readVendorFiles } from '../../scripts/assets/vendor'

describe('fillFolder', () => {
  let parent: string
  let folder: string

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'assets-'))
    folder = join(parent, 'assets')
  })
  afterEach(() => rm(parent, { recursive: true, force: true }))

  const files = (contents: Record<string, string>) =>
    new Map(Object.entries(contents).map(([path, text]) => [path, Buffer.from(text)]))

  it('makes the folder have exactly the files', async () => {
    await mkdir(join(folder, 'old'), { recursive: true })
    await writeFile(join(folder, 'old/gone.txt'), 'gone')

    expect(await fillFolder(folder, files({ 'a.txt': 'a', 'deep/er/b.txt': 'b' }))).toBe(2)

    const entries = await readdir(parent, { recursive: true })
    expect(entries.toSorted()).toStrictEqual(['assets', 'assets/a.txt', 'assets/deep', 'assets/deep/er', 'assets/deep/er/b.txt'])
    expect(await readFile(join(folder, 'deep/er/b.txt'), 'utf8')).toBe('b')
  })

  it('replaces what has changed and touches nothing else', async () => {
    await fillFolder(folder, files({ 'a.txt': 'a', 'b.txt': 'b' }))
    const before = await stat(join(folder, 'a.txt'))

    expect(await fillFolder(folder, files({ 'a.txt': 'a', 'b.txt': 'B' }))).toBe(1)

    expect(await readFile(join(folder, 'b.txt'), 'utf8')).toBe('B')
    expect(await stat(join(folder, 'a.txt'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
  })

  it('ends well when several run at once', async () => {
    const many = files(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`${n % 4}/${n}.txt`, String(n)])))
    await fillFolder(folder, files({ '0/0.txt': 'stale', 'old/gone.txt': 'gone' }))

    await Promise.all(Array.from({ length: 8 }, () => fillFolder(folder, many)))

    for (const [path, content] of many) expect(await readFile(join(folder, path))).toStrictEqual(content)
    expect(await readdir(parent)).toStrictEqual(['assets'])
    expect((await readdir(folder)).toSorted()).toStrictEqual(['0', '1', '2', '3'])
  })
})

describe('the files of the pages', () => {
  it('have no inline script or style, and name no other host', () => {
    for (const [path, content] of createPages({ swaggerUi: '/vendor/swagger-ui-1', redoc: '/vendor/redoc-1' })) {
      const text = content.toString().replace('http://www.w3.org/2000/svg', '')
      expect(text, path).not.toMatch(/<script>|<style|style=|\son\w+=|https?:/)
    }
  })

  it('come with the licences of their packages', async () => {
    const { folders, files } = await readVendorFiles()

    for (const folder of Object.values(folders)) {
      expect(folder).toMatch(/^\/vendor\/[a-z-]+-\d+\.\d+\.\d+$/)
      expect(files.map(([path]) => `/${path}`)).toContain(`${folder}/LICENSE`)
    }
  })
})
