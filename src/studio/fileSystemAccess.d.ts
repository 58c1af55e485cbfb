// The File System Access API's pickers, which not every browser has (https://wicg.github.io/file-system-access/).
interface Window {
  showDirectoryPicker?: (options?: { id?: string; mode?: 'read' | 'readwrite' }) => Promise<FileSystemDirectoryHandle>;
  showSaveFilePicker?: (options?: { id?: string; suggestedName?: string }) => Promise<FileSystemFileHandle>;
}
