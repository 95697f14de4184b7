/// A picture of what a trained problem does, for reports.
public enum Illustration: Sendable, Equatable {
  /// Small images with captions.
  case images(ImageFigure)
  /// Curves and points.
  case curves(CurveFigure)
}

/// Small images in groups.
public struct ImageFigure: Sendable, Equatable {
  /// What is known about an image's caption.
  public enum Mark: Sendable, Equatable {
    /// Neither right nor wrong.
    case none
    /// The caption is right.
    case right
    /// The caption is wrong.
    case wrong
  }

  /// An image.
  public struct Cell: Sendable, Equatable {
    /// Ink from 0 to 1, row by row; of an image in colour, light of red, green and blue of each pixel.
    public let pixels: [Float]
    /// Pixels of a row.
    public let width: Int
    /// 1 for grey images, 3 for such in colour.
    public let channels: Int
    /// A few words.
    public let caption: String
    /// Whether they are right.
    public let mark: Mark

    /// An image with a caption.
    public init(
      pixels: [Float], width: Int, channels: Int = 1, caption: String, mark: Mark = .none
    ) {
      self.pixels = pixels
      self.width = width
      self.channels = channels
      self.caption = caption
      self.mark = mark
    }
  }

  /// Images under a heading.
  public struct Group: Sendable, Equatable {
    /// The heading.
    public let title: String
    /// The images.
    public let cells: [Cell]

    /// Images under a heading.
    public init(_ title: String, _ cells: [Cell]) {
      self.title = title
      self.cells = cells
    }
  }

  /// What the figure shows.
  public let title: String
  /// How to read it.
  public let caption: String
  /// The images.
  public let groups: [Group]

  /// Small images in groups.
  public init(_ title: String, caption: String, groups: [Group]) {
    self.title = title
    self.caption = caption
    self.groups = groups
  }
}

/// Panels of curves and points over one horizontal axis each.
public struct CurveFigure: Sendable, Equatable {
  /// A point.
  public struct Point: Sendable, Equatable {
    /// To the right.
    public let x: Double
    /// Upwards.
    public let y: Double

    /// A point.
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// Points that belong together.
  public struct Series: Sendable, Equatable {
    /// What they are.
    public let name: String
    /// The points, from left to right where they are joined.
    public let points: [Point]
    /// Whether a line joins them.
    public let isLine: Bool

    /// Points that belong together.
    public init(_ name: String, _ points: [Point], isLine: Bool) {
      self.name = name
      self.points = points
      self.isLine = isLine
    }
  }

  /// One pair of axes.
  public struct Panel: Sendable, Equatable {
    /// What it shows.
    public let title: String
    /// Its points, the same kinds in every panel of a figure.
    public let series: [Series]

    /// One pair of axes.
    public init(_ title: String, _ series: [Series]) {
      self.title = title
      self.series = series
    }
  }

  /// What the figure shows.
  public let title: String
  /// How to read it.
  public let caption: String
  /// The panels.
  public let panels: [Panel]
  /// What goes to the right.
  public let horizontal: String

  /// Panels of curves and points.
  public init(
    _ title: String, caption: String, panels: [Panel], horizontal: String = "input"
  ) {
    self.horizontal = horizontal
    self.title = title
    self.caption = caption
    self.panels = panels
  }
}
