/// The version of this library and its command.
public let version = "0.1.0"
