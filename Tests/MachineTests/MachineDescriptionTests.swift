import Machine
import Testing

struct MachineDescriptionTests {
  @Test func filesOfTheSystemAreUnderstood() throws {
    let thread = { (socket: Int, core: Int) in
      "model name\t: A Processor @ 2 GHz\nphysical id\t: \(socket)\ncore id\t\t: \(core)\n\n"
    }
    let folder = try SystemFolder([
      "/etc/os-release": "NAME=\"Some\"\nPRETTY_NAME=\"Some System 12\"\n",
      "/proc/cpuinfo": thread(0, 0) + thread(0, 1) + thread(0, 0) + thread(1, 0),
      "/proc/self/status": "Name:\tx\nCpus_allowed_list:\t0-3,8\n",
      "/proc/meminfo": "MemTotal:       16000 kB\nMemAvailable:    9000 kB\n",
    ])
    defer { folder.remove() }
    let found = MachineDescription.read(root: folder.root)
    #expect(found.system == "Some System 12")
    #expect(found.processor == "A Processor @ 2 GHz")
    #expect(found.cores == 3 && found.usableThreads == 5)
    #expect(found.memory == 16000 * 1024 && found.availableMemory == 9000 * 1024)
  }

  @Test func memoryInUseIsRead() throws {
    let folder = try SystemFolder([
      "/proc/self/status": "VmSize:\t  3000 kB\nVmHWM:\t  2000 kB\nVmRSS:\t  1000 kB\n"
    ])
    defer { folder.remove() }
    let found = MemoryUse.read(root: folder.root)
    #expect(found.virtual == 3_072_000 && found.peak == 2_048_000 && found.resident == 1_024_000)
    #expect(MemoryUse.read(root: "/nowhere").resident == nil)
  }

  #if os(Linux)
    @Test func thisMachineIsKnown() throws {
      let machine = MachineDescription.current
      #expect(machine.kernel.hasPrefix("Linux "))
      #expect(machine.usableThreads >= 1 && machine.usableThreads <= machine.threads)
      let use = MemoryUse.now
      #expect(try #require(use.resident) <= #require(use.peak))
      #expect(try #require(use.peak) <= #require(use.virtual))
      #expect(DiskSpace.free(at: "/tmp/not/there") != nil)
    }
  #endif
}
