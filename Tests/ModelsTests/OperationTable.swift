import Models
import Tensors

/// What <doc:Operations> has in its tables: each row's shapes are found by running what it names, and every public function
/// and layer of the sources has to be in a row.
enum OperationTable {
  struct Row: Sendable {
    /// What it is called here; several names where they are alike.
    let here: String
    /// What NumPy and PyTorch call it.
    let there: String
    /// An example: shapes of operands, and the first name's result.
    var example: (inputs: [Shape], call: @Sendable ([Tensor]) -> Tensor)?
    /// Limits, and what may surprise.
    var notes = ""
  }

  struct LayerRow: Sendable {
    let here: String
    let input: Shape
    let build: @Sendable (Parameters) -> any Layer
    var notes = ""
  }

  struct Section: Sendable {
    let title: String
    let words: String
    var rows: [Row] = []
  }

  static let sections = [elements, axes, indices, products, losses]

  private static let elements = Section(
    title: "Elements",
    words: """
      Shapes repeat as in NumPy: axes are aligned from the last; missing ones, and those of size 1, repeat. Functions of one
      tensor take any shape, and keep it.
      """,
    rows: [
      Row(
        here: "`+ - * /`, `-x`", there: "the same",
        example: ([[5, 3], [3]], { $0[0] + $0[1] }),
        notes: "numbers mix with tensors; 0 log 0 is 0"),
      // The one row that need not name all it is of: a function of one element is three files.
      Row(
        here: "`exp log1p sqrt sin tanh erf round`, and all others of one element in ``/Tensors``",
        there: "the same", notes: "of steps, such as `round`, the derivative is 0"),
      Row(
        here: "`pow(x, 3)`, `pow(x, y)`, `pow(2, x)`", there: "`pow`",
        example: ([[5, 3]], { pow($0[0], 3) }), notes: "whole numbers by products"),
      Row(here: "`x.squared`", there: "`square`"),
      Row(
        here: "`maximum minimum`", there: "the same",
        example: ([[5, 1], [3]], { maximum($0[0], $0[1]) }),
        notes: "equal ones share the derivative"),
      Row(here: "`x.clamped(from:to:)`", there: "`clamp`", notes: "at a bound the derivative is 0"),
      Row(
        here: "`.> .>= .< .<= .== .!=`", there: "`> >= < <= == !=`",
        example: ([[5, 3], [3]], { $0[0] .> $0[1] }), notes: "1 or 0, without derivative"),
      Row(
        here: "`a.where(mask, else: b)`", there: "`where(mask, a, b)`",
        example: ([[5, 3], [5, 1], [3]], { $0[0].where($0[1], else: $0[2]) }),
        notes: "what is not chosen does not matter, NaN included"),
      Row(
        here: "`x.buckets(edges)`", there: "`digitize`, `bucketize(right=True)`",
        notes: "how many edges, in ascending order, are not above; without derivative"),
      Row(here: "`xlogy`", there: "`xlogy`", notes: "0 where x is 0"),
      Row(
        here:
          "`relu leakyRelu parametricRelu elu selu gelu geluTanh silu mish softplus softsign sigmoid logSigmoid hardTanh hardSigmoid hardSwish relu6`",
        there: "the same", notes: "derivatives at kinks as PyTorch has them"),
      Row(
        here: "`x.droppingOut(rate)`", there: "`dropout`",
        notes: "in lower objectives only; the mask is that of the lower step, see below"),
      Row(
        here: "`x.noise(shape)`", there: "`randn`, `rand`",
        notes: "in lower objectives, elsewhere 0; drawn as masks are, see below"),
      Row(
        here: "`x.stoppingGradient()`", there: "`stop_gradient`, `detach`",
        notes: "a constant to every derivative"),
    ])

  private static let axes = Section(
    title: "Axes",
    words: "Sums and means of nothing along an axis are errors where they would be 0 / 0.",
    rows: [
      Row(
        here: "`reshaped flattened asColumn`", there: "`reshape`, `flatten`",
        example: ([[2, 3, 4]], { $0[0].flattened }), notes: "no copy; sizes are written out"),
      Row(
        here: "`permuted transposed movingAxis`", there: "`permute`, `transpose`, `moveaxis`",
        example: ([[2, 3, 4]], { $0[0].permuted([2, 0, 1]) })),
      Row(
        here: "`expanded squeezed`", there: "`unsqueeze`, `squeeze`",
        example: ([[5, 3]], { $0[0].expanded(at: 1) }), notes: "no copy"),
      Row(
        here: "`sliced(axis, range, by:)`, `at(index, axis:)`", there: "`x[a:b:c]`, `x[i]`",
        example: ([[5, 3]], { $0[0].sliced(0, 1..<5, by: 2) }),
        notes: "no copy along the first axis"),
      Row(
        here: "`padded flipped rolled tiled repeated broadcast`",
        there: "`pad`, `flip`, `roll`, `tile`, `repeat_interleave`, `broadcast_to`",
        example: ([[5, 3]], { $0[0].padded([(1, 1), (0, 2)]) })),
      Row(
        here: "`Tensor.concatenated Tensor.stacked split`",
        there: "`concatenate`, `stack`, `split`",
        example: ([[5, 3], [2, 3]], { .concatenated($0) })),
      Row(
        here: "`sum mean variance standardDeviation norm product max min`",
        there: "`sum`, `mean`, `var`, `std`, `norm`, `prod`, `amax`, `amin`",
        example: ([[2, 3, 4]], { $0[0].sum(axes: [0, 2]) }),
        notes:
          "over any axes; equal extremes share the derivative; products of zeros have exact derivatives"
      ),
      Row(
        here: "`logSumExp softmax logSoftmax`", there: "`logsumexp`, `softmax`, `log_softmax`",
        example: ([[5, 3]], { $0[0].logSumExp(axes: [1]) }),
        notes: "without overflow; minus infinity leaves out"),
      Row(
        here: "`cumulativeSum`", there: "`cumsum`",
        example: ([[5, 3]], { $0[0].cumulativeSum(axis: 0) }), notes: "reversed, exclusive"),
      Row(
        here: "`argmax argmin`", there: "the same", example: ([[5, 3]], { $0[0].argmax(axis: 1) }),
        notes: "without derivative; the first of equals"),
      Row(
        here: "`sorted argsort`", there: "`sort`, `argsort`",
        example: ([[5, 3]], { $0[0].sorted(axis: 0, descending: true) }),
        notes: "equal ones stay in their order; of `argsort` there is no derivative"),
      Row(
        here: "`normalised groupNormalised unitNormalised centred`",
        there: "`layer_norm`, `group_norm`, `normalize`",
        example: ([[5, 3]], { $0[0].normalised(axes: [1]) })),
      Row(
        here: "`x.constant(values, shape)`", there: "`tensor(values)`",
        example: ([[5]], { $0[0].constant([1, 2], [2]) }), notes: "numbers written in an objective"),
    ])

  private static let indices = Section(
    title: "Indices",
    words: """
      Numbers of rows and classes are data of the task, or some of it, and are checked when they are given. Single precision
      holds those up to 2^24.
      """,
    rows: [
      Row(
        here: "`rows taking`", there: "`x[index]`, `index_select`, `embedding`",
        example: ([[7, 3], [2, 4]], { $0[0].rows($0[1]) })),
      Row(
        here: "`gathered addingScattered addingSlices segmentSum`",
        there: "`gather`, `scatter_add`, `index_add`, `segment_sum`",
        example: ([[7, 3], [2, 3]], { $0[0].gathered($0[1], axis: 0) })),
      Row(
        here: "`oneHot`", there: "`one_hot`", example: ([[5]], { $0[0].oneHot(classes: 3) }),
        notes: "without derivative; a label may be ignored"),
    ])

  private static let products = Section(
    title: "Products",
    words:
      "Images are `[n, height, width, channels]`, filters `[height, width, in / groups, out]`.",
    rows: [
      Row(
        here: "`matmul`", there: "`matmul`",
        example: ([[4, 5, 3], [3, 2]], { matmul($0[0], $0[1]) }),
        notes: "any rank, batches repeat"),
      Row(
        here: "`einsum`", there: "`einsum`",
        example: ([[4, 5, 3], [4, 3, 2]], { einsum("bij,bjk->bik", $0[0], $0[1]) }),
        notes: "no letter twice in one tensor"),
      Row(
        here: "`matmul(SparseRows, b)`", there: "`csr_matrix @ b`",
        example: (
          [[6], [9], [9], [7, 2]],
          { matmul(SparseRows(starts: $0[0], columns: $0[1], values: $0[2]), $0[3]) }
        ), notes: "starts, columns and values, then b; derivatives in values and b"),
      Row(
        here: "`attention`", there: "`scaled_dot_product_attention`",
        example: ([[2, 5, 4], [2, 6, 4], [2, 6, 3]], { attention($0[0], $0[1], $0[2]) })),
      Row(
        here: "`convolved`", there: "`conv1d`, `conv2d`",
        example: (
          [[2, 9, 9, 3], [5, 5, 3, 4]], { $0[0].convolved(with: $0[1], padding: .none) }
        ),
        notes: "any kernel, stride, padding, dilation, groups"),
      Row(
        here: "`transposedConvolved`", there: "`conv_transpose2d`",
        example: (
          [[2, 4, 4, 3], [2, 2, 5, 3]], { $0[0].transposedConvolved(with: $0[1], strides: (2, 2)) }
        ), notes: "filters of the convolution that it transposes"),
      Row(
        here: "`maxPooled meanPooled adaptiveMeanPooled adaptiveMaxPooled`",
        there: "`max_pool2d`, `avg_pool2d`, adaptive ones",
        example: ([[2, 9, 9, 3]], { $0[0].maxPooled() }),
        notes: "padding at most half a window; the first of equals"),
      Row(
        here:
          "`cholesky solvingTriangle solvingPositive solving inverse logDeterminant diagonal`",
        there:
          "`cholesky`, `solve_triangular`, `cholesky_solve`, `solve`, `inv`, `slogdet`, `diagonal`",
        example: ([[2, 3, 3]], { $0[0].cholesky() }), notes: "for small matrices, in batches"),
    ])

  private static let losses = Section(
    title: "Losses",
    words: "Those in the plural give one number an element or example; their mean is `.mean()`.",
    rows: [
      Row(
        here: "`crossEntropies crossEntropy`", there: "`cross_entropy`",
        example: ([[5, 3], [5]], { crossEntropies($0[0], $0[1]) }),
        notes: "classes or soft labels, weights, smoothing, an ignored label"),
      Row(
        here: "`negativeLogLikelihoods marginLosses`", there: "`nll_loss`, `multi_margin_loss`",
        example: ([[5, 3], [5]], { negativeLogLikelihoods($0[0], $0[1]) })),
      Row(
        here: "`binaryCrossEntropies`", there: "`binary_cross_entropy_with_logits`",
        example: ([[5, 3], [5, 3]], { binaryCrossEntropies($0[0], $0[1]) })),
      Row(
        here: "`squaredError squaredDistance squaredNorm`", there: "`mse_loss`, sums",
        example: ([[5, 3], [5, 3]], { squaredError($0[0], $0[1]) })),
      Row(
        here: "`absoluteErrors huberLosses hingeLosses divergences poissonLosses gaussianLosses`",
        there:
          "`l1_loss`, `huber_loss`, `hinge`, `kl_div`, `poisson_nll_loss`, `gaussian_nll_loss`",
        example: ([[5, 3], [5, 3]], { absoluteErrors($0[0], $0[1]) })),
      Row(
        here: "`cosineSimilarity`", there: "`cosine_similarity`",
        example: ([[5, 3], [5, 3]], { cosineSimilarity($0[0], $0[1], axis: 1) })),
    ])

  static let layers = [
    LayerRow(
      here: "Dense", input: [5, 3], build: { Dense($0, 3, 2) }, notes: "with a bias always"),
    LayerRow(
      here: "Embedding", input: [5, 3], build: { Embedding($0, 9, 4) },
      notes: "of numbers given as data"),
    LayerRow(
      here: "Convolution", input: [5, 8, 8, 3], build: { Models.Convolution($0, 3, 4) },
      notes: "`groups` make it depthwise"),
    LayerRow(here: "Convolution1D", input: [5, 8, 3], build: { Convolution1D($0, 3, 4) }),
    LayerRow(
      here: "TransposedConvolution", input: [5, 4, 4, 3],
      build: { TransposedConvolution($0, 3, 2, stride: 2) }),
    LayerRow(here: "MaxPool", input: [5, 8, 8, 3], build: { _ in MaxPool() }),
    LayerRow(here: "MeanPool", input: [5, 8, 8, 3], build: { _ in MeanPool() }),
    LayerRow(here: "GlobalMeanPool", input: [5, 8, 8, 3], build: { _ in GlobalMeanPool() }),
    LayerRow(here: "Flatten", input: [5, 8, 8, 3], build: { _ in Flatten() }),
    LayerRow(
      here: "BatchNorm", input: [5, 8, 8, 3], build: { BatchNorm($0, 3, keepsStatistics: true) },
      notes: "more than one value a channel; `mean` and `variance` only with `keepsStatistics`"),
    LayerRow(here: "LayerNorm", input: [5, 3], build: { LayerNorm($0, 3) }),
    LayerRow(here: "GroupNorm", input: [5, 8, 8, 4], build: { GroupNorm($0, 4, groups: 2) }),
    LayerRow(here: "InstanceNorm", input: [5, 8, 8, 3], build: { InstanceNorm($0, 3) }),
    LayerRow(
      here: "Dropout", input: [5, 3], build: { _ in Dropout(0.5) },
      notes: "in lower objectives only"),
    LayerRow(
      here: "LSTM", input: [5, 6, 3], build: { LSTM($0, 3, 4) }, notes: "one layer, one direction"),
    LayerRow(
      here: "GRU", input: [5, 6, 3], build: { GRU($0, 3, 4) }, notes: "one layer, one direction"),
    LayerRow(
      here: "MultiHeadAttention", input: [5, 6, 4], build: { MultiHeadAttention($0, 4, heads: 2) },
      notes: "a width of whole heads"),
    LayerRow(
      here: "TransformerBlock", input: [5, 6, 4],
      build: { TransformerBlock($0, 4, heads: 2, hidden: 8) }),
    LayerRow(
      here: "Sequential", input: [5, 3], build: { Sequential(Dense($0, 3, 2), Activation.tanh) }),
    LayerRow(here: "Residual", input: [5, 3], build: { Residual(Dense($0, 3, 3)) }),
    LayerRow(here: "Function", input: [5, 3], build: { _ in Function { $0.sum(axes: [1]) } }),
    LayerRow(here: "Activation", input: [5, 3], build: { _ in Activation.relu }),
  ]

  /// Networks with their usual settings.
  static let networks:
    [(here: String, input: Shape, build: @Sendable (Parameters) -> Sequential, notes: String)] = [
      ("leNet5", [5, 28, 28, 1], { Networks.leNet5($0) }, "LeNet-5"),
      (
        "convolutionFour", [5, 84, 84, 3], { Networks.convolutionFour($0, side: 84) },
        "conv-4 of few-shot learning"
      ),
      ("resNet12", [5, 84, 84, 3], { Networks.resNet12($0) }, "ResNet-12 of few-shot learning"),
      ("resNet", [5, 32, 32, 3], { Networks.resNet($0) }, "ResNet-20; with `blocks: 5` ResNet-32"),
      (
        "transformer", [5, 16], { Networks.transformer($0, words: 1000, steps: 16, classes: 4) },
        "two blocks of width 64, 1,000 words"
      ),
    ]
}
