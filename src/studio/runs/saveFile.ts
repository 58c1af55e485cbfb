// Hands a file to the browser's downloads.
export function saveFile(fileName: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = fileName;
  link.click();
  // The download has its own hold on the blob once it has begun; a minute is long for that.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function saveCsv(fileName: string, csv: string): void {
  saveFile(fileName, new Blob([csv], { type: 'text/csv;charset=utf-8' }));
}
