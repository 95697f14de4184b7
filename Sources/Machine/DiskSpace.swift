import Foundation

/// Room on disks.
public enum DiskSpace {
  /// Bytes that this user may still write where a file or folder is, or would be; `nil` where the system does not
  /// tell.
  public static func free(at path: String) -> Int? {
    var folder = URL(fileURLWithPath: path).standardizedFileURL
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
      folder.deleteLastPathComponent()
    }
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
  }
}
