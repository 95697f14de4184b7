/// Turns a graph and requests into code: lowers, assigns nodes to lists, fuses, places, emits.
struct Planner {
  let lowering: Lowering
  var graph: Graph { lowering.target }
  let reading: LoopReading
  private(set) var storage = StoragePlan()
  private(set) var code = Code()
  /// Where the values are that are not passing: given, or read beyond their list.
  private(set) var kept: [Int: StoragePlan.Place] = [:]
  /// The constants' places and values.
  private(set) var constants: [(place: StoragePlan.Place, values: [Double])] = []
  private let lists: [ListPlan]
  /// Where the roots of each request are.
  private var rootPlaces: [[StoragePlan.Place]] = []

  init(
    _ source: Graph, _ requests: [ListRequest], _ optimisations: Optimisations = .all,
    isAudited: Bool = false
  ) {
    lowering = Lowering(
      source, roots: requests.flatMap { $0.roots.map(\.node) }, optimisations)
    let graph = lowering.target
    let lowered = requests.map { [lowering] in LoweredRequest($0, lowering) }
    let roots = lowered.flatMap(\.roots)
    reading = LoopReading(
      graph, needed: graph.needed(by: roots), roots: roots, optimisations)
    let nodeLists = NodeList.assign(graph, lowered)
    lists = nodeLists.map { [reading] in ListPlan(graph, reading, $0, optimisations) }
    placeGiven()
    let outliving = outliving(roots: roots)
    var locals: [[Int: StoragePlan.Place]] = []
    var blocks: [[Int]] = []
    for list in lists {
      let placing = ListPlacing(
        list, outliving, &storage, inPlace: optimisations.contains(.placing))
      // What depends on the vector is computed by each list for itself.
      if !list.isVector {
        for (node, place) in placing.places where list.isKept(node, outliving) {
          kept[node] = place
        }
      }
      locals.append(placing.places)
      blocks.append(placing.blocks)
    }
    for (list, places) in zip(lists, locals) { list.touch(&storage, self.place(places)) }
    storage.layOutKept()
    for own in blocks { storage.layOutPassing(own) }
    for (list, places) in zip(lists, locals) {
      let emission = Emission(
        list, storage, stored: Set(places.keys), self.place(places), code, isAudited: isAudited)
      code = emission.code
    }
    rootPlaces = zip(lowered, locals).map { request, places in
      request.roots.map { self.place(places)($0) }
    }
  }

  /// The first element of a root of a request.
  func offset(ofRoot root: Int, of request: Int) -> Int {
    offset(rootPlaces[request][root])
  }

  /// The first element of an input, as the source graph numbers it.
  func offset(ofInput node: Int) -> Int? {
    kept[lowering(node)].map(offset)
  }

  func offset(_ place: StoragePlan.Place) -> Int {
    storage.blocks[place.block].offset + place.offset
  }

  /// Finds places: a list's own, else those that are kept, through views.
  private func place(_ own: [Int: StoragePlan.Place]) -> (Int) -> StoragePlan.Place {
    { [graph, kept] node in
      var node = node
      var offset = 0
      while true {
        if let place = own[node] ?? kept[node] {
          return .init(block: place.block, offset: place.offset + offset)
        }
        guard let view = graph.operation(node) as? any View else {
          fatalError("no place for node \(node): \(graph.operation(node))")
        }
        offset += view.start
        node = graph.operand(node)
      }
    }
  }

  private mutating func placeGiven() {
    for node in graph.nodes.indices where graph.isGiven(node) {
      let block = storage.newBlock(max(graph.shape(node).count, 1), isKept: true)
      kept[node] = .init(block: block, offset: 0)
      if let values = (graph.operation(node) as? any WrittenOperation)?.values {
        constants.append((.init(block: block, offset: 0), values))
      }
    }
  }

  /// The nodes whose values are read beyond the list that computes them, or are results.
  private func outliving(roots: [Int]) -> Set<Int> {
    var outliving = Set(roots.map(reading.origin))
    for list in lists {
      for node in list.nodes {
        for operand in graph.nodes[node].operands {
          let origin = reading.origin(operand)
          if !list.contains(origin), !reading.recomputed[origin] { outliving.insert(origin) }
        }
      }
    }
    return outliving
  }
}
