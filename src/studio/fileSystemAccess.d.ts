// The File System Access API's folder picker, which not every browser has (https://wicg.github.io/file-system-access/).
interface Window {
  showDirectoryPicker?: (options?: { id?: string; mode?: 'read' | 'readwrite' }) => Promise<FileSystemDirectoryHandle>;
}
