// Lays a small zip's files out in a folder, as a PEFT adapter stands on disk.
export async function writeZipTo(zip: Blob, directory: FileSystemDirectoryHandle): Promise<void> {
  const { unzipSync } = await import('fflate');
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  for (const [path, bytes] of Object.entries(files)) {
    const names = path.split('/').filter((name) => name !== '');
    const fileName = names.pop();
    if (fileName === undefined || path.endsWith('/')) continue;
    let folder = directory;
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create: true });
    const file = await folder.getFileHandle(fileName, { create: true });
    const writable = await file.createWritable();
    await writable.write(new Blob([bytes.slice()]));
    await writable.close();
  }
}
