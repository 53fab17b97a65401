import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'

/**
 * Makes a folder have these files and no others. A file that is right is not touched, a changed one is replaced in one
 * step, so that nobody who serves or watches the folder meets half a file, nor two runs at once each other.
 * @param files by their paths in the folder, with `/`
 * @returns how many files were written
 */
export async function fillFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<number> {
  await mkdir(folder, { recursive: true })
  // Beside the folder, not in it: on the same disk, and seen by nobody.
  const staging = await mkdtemp(`${folder}-`)
  try {
    let written = 0
    for (const [path, content] of files) {
      if (await hasContent(join(folder, path), content)) continue
      const staged = join(staging, String(written))
      await writeFile(staged, content)
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await rename(staged, join(folder, path))
      written += 1
    }
    await removeOthers(folder, files)
    return written
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function hasContent(file: string, content: Uint8Array): Promise<boolean> {
  try {
    return (await readFile(file)).equals(content)
  } catch {
    return false
  }
}

async function removeOthers(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const wanted = [...files.keys()]
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')
    const isWanted = entry.isDirectory() ? wanted.some((file) => file.startsWith(`${path}/`)) : files.has(path)
    if (!isWanted) await rm(join(folder, path), { recursive: true, force: true })
  }
}
