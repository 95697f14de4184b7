"""Writes a bi-level problem in PyTorch as a folder that `igbm-dist train FOLDER` takes.

    from igbm_export import export
    export("problem", upper_objective, upper_model, lower_objective, lower_model, train=(x, y), validate=(x_val, y_val))

Both objectives are callables over a state: state.data, state.target, state["extra"], state.upper_model and
state.lower_model (the modules themselves, to be called, or read by attribute), state.upper_parameters and
state.lower_parameters (all as one vector). They give one number. Needs torch and onnx, with the onnxscript that torch's
exporter is made of.

The folder: lower.onnx and upper.onnx, each the objective as a graph of data, target, extras and named parameters;
lower.safetensors and upper.safetensors, the first values and the buffers; tasks/0.safetensors and so on, the data;
configuration.yaml, the settings. After training, a run's folder has lower.safetensors and upper.safetensors anew,
for load_state_dict.
"""

import contextlib
import copy
import io
import json
import logging
import math
import os
import re
import struct
import traceback
import warnings
from typing import Optional

import numpy
import onnx
import onnx.numpy_helper
import torch
import torch.nn.functional as F
from torch.func import functional_call
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

_TORCH = os.path.dirname(torch.__file__)


def export(folder, upper_objective, upper_model, lower_objective, lower_model, train=None, validate=None, extras=None,
           tasks=None, held_out=None, predict=None, start="lower", settings=None):
    """Writes the folder.

    train, validate: (data, target), tensors; the target may be None. One task has these.
    extras: {name: tensor}, or {name: (of train, of validate)}; one with as many rows as the data goes with them.
    tasks: an iterable of (train, validate) or (train, validate, extras) in place of the three.
    held_out: tasks that are never trained on, for `igbm-dist evaluate`.
    predict: callable over a state of data and lower_model that gives predictions [n, ...], for `evaluate`: scored as
        classes where the targets are whole numbers, by the squared error otherwise.
    start: where adaptation starts: at the "lower" model's values, or at the "upper" ones, which then have its shapes.
    settings: {key: value} for configuration.yaml, keys as `igbm-dist train --list` has them.
    """
    if tasks is None:
        tasks = [(train, validate, extras)]
    tasks = [_task(*task) for task in tasks]
    if not tasks:
        raise ValueError("there are no tasks: give train and validate, or tasks")
    upper, lower = _prepared(upper_model, "upper_model"), _prepared(lower_model, "lower_model")
    os.makedirs(folder, exist_ok=True)
    for name, objective, side in (("lower", lower_objective, "train"), ("upper", upper_objective, "validate")):
        _write_graph(os.path.join(folder, name + ".onnx"), objective, upper, lower, [task[side] for task in tasks])
    score = os.path.join(folder, "score.onnx")
    if os.path.exists(score):
        os.remove(score)
    if predict is not None:
        given = {"data": tasks[0]["validate"]["data"]}
        _write_graph(score, predict, torch.nn.Identity(), lower, [given])
    for name, module in (("upper", upper), ("lower", lower)):
        _write_tensors(os.path.join(folder, name + ".safetensors"), _state(module), _aliases(module))
    _write_tasks(os.path.join(folder, "tasks"), tasks)
    _write_tasks(os.path.join(folder, "held-out"), [_task(*task) for task in held_out or []])
    if start not in ("lower", "upper"):
        raise ValueError(f'start={start!r} is neither "lower" nor "upper"')
    lines = {"problem": "onnx", "adapt-from": start, **(settings or {})}
    lines.setdefault("tasks", len(tasks))
    if any(value.dtype == torch.float64 for value in lower.parameters()):
        lines.setdefault("precision", "double")
    with open(os.path.join(folder, "configuration.yaml"), "w") as file:
        file.writelines(f"{key}: {value}\n" for key, value in lines.items())


# Tasks.


def _task(train, validate, extras=None):
    sides = {}
    for index, (side, pair) in enumerate((("train", train), ("validate", validate))):
        if pair is None:
            raise ValueError(f"{side} is missing: give (data, target)")
        data, target = pair if isinstance(pair, (tuple, list)) else (pair, None)
        given = {"data": _tensor(data)}
        if target is not None:
            given["target"] = _tensor(target)
        for name, value in (extras or {}).items():
            value = value[index] if isinstance(value, (tuple, list)) else value
            given["extra/" + name] = _tensor(value)
        sides[side] = given
    return sides


def _tensor(value):
    return torch.as_tensor(value).detach().cpu().contiguous()


def _write_tasks(folder, tasks):
    """Writes them, in place of what an earlier export left there."""
    if tasks:
        os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        if re.fullmatch(r"[0-9]+\.safetensors", name):
            os.remove(os.path.join(folder, name))
    for index, task in enumerate(tasks):
        named = {f"{side}/{name}": value for side in task for name, value in task[side].items()}
        _write_tensors(os.path.join(folder, f"{index}.safetensors"), named)


# Modules.


def _prepared(model, role):
    """A copy whose batch norms use the batch's own statistics where they would while training."""
    if isinstance(model, torch.Tensor):
        model = _Vector(model)
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"{role} is a {type(model).__name__}: give a torch.nn.Module or a tensor")
    model = copy.deepcopy(model).cpu()
    for name, module in model.named_modules():
        place = f"{role}.{name}" if name else role
        kind = type(module).__name__
        if not module.training:
            continue
        is_other = "Dropout" in kind and type(module) is not torch.nn.Dropout
        if is_other and module.p > 0 or kind.endswith(("LSTM", "GRU", "RNN")) and module.dropout > 0:
            raise ValueError(
                f"{place}: dropout of {kind} in training mode, which a graph does not keep; use torch.nn.Dropout, call .eval() on "
                f"it, or set its rate to 0")
        if isinstance(module, torch.nn.MultiheadAttention) and module.dropout > 0:
            raise ValueError(f"{place}: dropout of attention in training mode; make it with dropout=0, or call .eval()")
    return model


class _Vector(torch.nn.Module):
    """A tensor as a model: state.upper_model is the module, its values state.upper_model.values."""

    def __init__(self, values):
        super().__init__()
        self.values = torch.nn.Parameter(values.detach().clone())

    def forward(self):
        return self.values


def _state(module):
    """Parameters and buffers, as state_dict has them."""
    return {name: value.detach() for name, value in module.state_dict().items()}


def _aliases(module):
    """Parameters that have two names: the second, and the first."""
    first = {}
    return {name: known for name, value in module.named_parameters(remove_duplicate=False)
            if (known := first.setdefault(value, name)) != name}


def _without_running_statistics(module):
    module = copy.deepcopy(module)
    for part in module.modules():
        if isinstance(part, torch.nn.modules.batchnorm._NormBase) and part.training:
            part.track_running_stats = False
            part.running_mean = part.running_var = part.num_batches_tracked = None
    return module


# Graphs.


class State:
    """What an objective sees."""

    def __init__(self, given, level):
        self._given, self._level = given, level

    def _of(self, name):
        if name not in self._given:
            raise AttributeError(f"the state has no {name}; the task has {', '.join(self._given)}")
        return self._given[name]

    data = property(lambda self: self._of("data"))
    target = property(lambda self: self._of("target"))
    upper_model = property(lambda self: self._level.upper)
    lower_model = property(lambda self: self._level.lower)
    upper_parameters = property(lambda self: _flat(self._level.upper))
    lower_parameters = property(lambda self: _flat(self._level.lower))

    def __getitem__(self, name):
        return self._of("extra/" + name)


def _flat(module):
    return torch.cat([value.reshape(-1) for value in module.parameters()])


class _Level(torch.nn.Module):
    def __init__(self, objective, upper, lower):
        super().__init__()
        self.upper, self.lower, self.objective = upper, lower, objective

    def forward(self, given):
        return self.objective(State(given, self))


class _Traced(torch.nn.Module):
    """Without parameters of its own: they are inputs."""

    def __init__(self, level, names, data_names):
        super().__init__()
        object.__setattr__(self, "level", level)
        self.names, self.data_names = names, data_names

    def forward(self, data, parameters):
        parameters = dict(zip(self.names, parameters))
        with _OwnOperations():
            return functional_call(self.level, parameters, (dict(zip(self.data_names, data)),), strict=False)


def _write_graph(path, objective, upper, lower, tasks):
    given = tasks[0]
    level = _Level(objective, _without_running_statistics(upper), _without_running_statistics(lower))
    named = [(name, value) for name, value in level.named_parameters() if value.requires_grad]
    traced = _Traced(level, [name for name, _ in named], list(given))
    arguments = (list(given.values()), [value.detach() for _, value in named])
    program = _program(traced, arguments, path)
    _mark_constants(program)
    model, numbers = _converted(program, path)
    inputs = list(given) + [re.sub(r"^(upper|lower)\.", r"\1/", name) for name, _ in named]
    _rename(model, inputs)
    leaves_out = any((value == _LEFT_OUT).any() for task in tasks for value in task.values())
    for node in model.graph.node:
        _keep_source(node)
        if not leaves_out:
            _forget_left_out(node)
    for array in model.graph.initializer:
        _restore_number(array, numbers)
    del model.graph.value_info[:]
    model.doc_string = model.graph.doc_string = ""
    onnx.save(model, path)


def _program(module, arguments, path):
    """The exported program, for any number of rows where that can be."""
    data, parameters = arguments
    count = data[0].shape[0] if data[0].dim() else 0
    fixed = [None] * len(parameters)
    failure = None
    if count >= 2:
        rows = torch.export.Dim("rows", min=2)
        shapes = [{0: rows} if value.dim() and value.shape[0] == count else None for value in data]
        try:
            with _quiet():
                return torch.export.export(module, arguments, dynamic_shapes=(shapes, fixed))
        except Exception as error:
            failure = error
    try:
        with _quiet():
            program = torch.export.export(module, arguments)
    except Exception as error:
        raise RuntimeError(
            f"{os.path.basename(path)}: torch.export cannot follow this objective: {_reason(error)}; it must be a formula of "
            f"tensors, without torch.func.grad, .item(), or branches on values") from error
    if failure is not None:
        warnings.warn(f"{os.path.basename(path)}: the graph holds for {count} rows only, and so not with batches, or tasks of "
                      f"other numbers; torch says: {_reason(failure)[:300]}")
    return program


def _reason(error):
    """The first line of what torch says, and the user's line."""
    text = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    return f"{text} ({os.path.basename(own[-1].filename)}:{own[-1].lineno}: {own[-1].line})" if own else text


def _is_users(file):
    return not file.startswith((_TORCH, "<")) and "igbm_export" not in file


@contextlib.contextmanager
def _quiet():
    """Without what torch says of its own inner life, and without its fused layers, which have no translation."""
    level, is_fused = logging.root.manager.disable, torch.backends.mha.get_fastpath_enabled()
    logging.disable(logging.CRITICAL)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        torch.backends.mha.set_fastpath_enabled(is_fused)


def _converted(program, path):
    try:
        with _quiet():
            made = torch.onnx.export(program, dynamo=True, verbose=False, custom_translation_table=_translations())
            return made.model_proto, _numbers(made.exported_program)
    except Exception as error:
        text = str(error)
        reason = text.split("## Exception summary")[-1].strip().splitlines()
        raise RuntimeError(f"{os.path.basename(path)}: torch.onnx cannot write this objective: "
                           f"{reason[0] if reason else type(error).__name__}") from error


# Operations of this package's own, while a graph is made.


@torch.library.custom_op("igbm::stop_gradient", mutates_args=())
def _stop_gradient(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


@_stop_gradient.register_fake
def _(x):
    return torch.empty_like(x)


@torch.library.custom_op("igbm::class_losses", mutates_args=())
def _class_losses(scores: torch.Tensor, target: torch.Tensor, weight: Optional[torch.Tensor], reduction: str, ignored: int,
                  are_logarithms: bool) -> torch.Tensor:
    loss = F.nll_loss if are_logarithms else F.cross_entropy
    return loss(scores, target, weight, ignore_index=ignored, reduction=reduction).clone()


@_class_losses.register_fake
def _(scores, target, weight, reduction, ignored, are_logarithms):
    return scores.new_empty(target.shape if reduction == "none" else ())


class _OwnOperations(TorchFunctionMode):
    """What ONNX lacks: constants. And losses of classes as one operation each: torch's own way to ONNX forgets label smoothing and
    probabilities as targets, and takes losses for one number where they are one for every row."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function in (torch.Tensor.detach, torch.detach, torch.Tensor.data.__get__):
            return _stop_gradient(args[0]) if args[0].is_floating_point() else function(*args)
        own = {F.cross_entropy: _cross_entropy, F.nll_loss: _nll_loss,
               F.scaled_dot_product_attention: _attention,
               F.multi_head_attention_forward: _self_attention}.get(function, function)
        return own(*args, **(kwargs or {}))


def _nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    _refuse_old(size_average, reduce)
    if input.dim() == 1:
        input, target = input.unsqueeze(0), target.unsqueeze(0)
    return _class_losses(input, target, weight, reduction, ignore_index, True)


def _cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean",
                   label_smoothing=0.0):
    _refuse_old(size_average, reduce)
    if input.dim() == 1:
        input, target = input.unsqueeze(0), target.unsqueeze(0)
    count = input.shape[1]
    is_soft = target.is_floating_point()
    if not is_soft and label_smoothing == 0:
        return _class_losses(input, target, weight, reduction, ignore_index, False)
    logarithms = F.log_softmax(input, 1)
    if weight is not None:
        logarithms = logarithms * weight.reshape([count] + [1] * (input.dim() - 2))
    if is_soft:
        losses = -((target * (1 - label_smoothing) + label_smoothing / count) * logarithms).sum(1)
        return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
    if ignore_index != -100:
        raise ValueError("cross_entropy with both label_smoothing and ignore_index: leave one of them out")
    plain = _class_losses(input, target, weight, reduction, ignore_index, False)
    even = -logarithms.sum(1)
    if reduction != "none":
        even = even.sum() if reduction == "sum" else even.mean() if weight is None else even.sum() / weight[target].sum()
    return (1 - label_smoothing) * plain + label_smoothing / count * even


def _attention(query, key, value, attn_mask=None, dropout_p=0.0, **others):
    if dropout_p > 0:
        raise ValueError("scaled_dot_product_attention with dropout_p, which a graph does not keep: write it with F.dropout")
    return F.scaled_dot_product_attention(query, key, value, attn_mask, 0.0, **others)


def _self_attention(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
                    dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True,
                    attn_mask=None, **others):
    """What torch writes with sequences first and heads beside rows, which are exchanged again and again, is here as it is meant."""
    is_plain = (query is key and key is value and query.dim() == 3 and not others.get("use_separate_proj_weight")
                and bias_k is None and not add_zero_attn and key_padding_mask is None and not need_weights
                and (attn_mask is None or attn_mask.is_floating_point() and attn_mask.dim() == 2))
    if not is_plain:
        return F.multi_head_attention_forward(
            query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
            dropout_p, out_proj_weight, out_proj_bias, training, key_padding_mask, need_weights, attn_mask, **others)
    x = query.transpose(0, 1)
    biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    parts = [F.linear(x, weight, bias).unflatten(-1, (num_heads, -1)).transpose(1, 2)
             for weight, bias in zip(in_proj_weight.chunk(3), biases)]
    seen = F.scaled_dot_product_attention(*parts, attn_mask).transpose(1, 2).flatten(-2)
    return F.linear(seen, out_proj_weight, out_proj_bias).transpose(0, 1), None


def _refuse_old(size_average, reduce):
    if size_average is not None or reduce is not None:
        raise ValueError("size_average and reduce are not taken: give reduction")


def _translations():
    from onnxscript import values
    from onnxscript.onnx_opset import opset18

    try:
        onnx.defs.get_schema("StopGradient", 1, "igbm")
    except onnx.defs.SchemaError:
        kind, number = onnx.defs.OpSchema.FormalParameter, "T"
        onnx.defs.register_schema(onnx.defs.OpSchema(
            "StopGradient", "igbm", 1, inputs=[kind("x", number)], outputs=[kind("y", number)],
            type_constraints=[(number, ["tensor(float)", "tensor(double)"], "numbers")]))
    own = values.Opset("igbm", 1)

    def stop_gradient(x):
        return own.StopGradient(x)

    def class_losses(scores, target, weight, reduction, ignored, are_logarithms):
        if are_logarithms:
            return opset18.NegativeLogLikelihoodLoss(scores, target, weight, reduction=reduction, ignore_index=ignored)
        return opset18.SoftmaxCrossEntropyLoss(scores, target, weight, reduction=reduction, ignore_index=ignored)[0]

    return {torch.ops.igbm.stop_gradient.default: stop_gradient, torch.ops.igbm.class_losses.default: class_losses}


def _mark_constants(program):
    """What no_grad gives, as constants."""
    graph = program.graph_module.graph
    for node in list(graph.nodes):
        if node.target is torch.ops.higher_order.wrap_with_set_grad_enabled and node.args[0] is False:
            for taken in list(node.users):
                with graph.inserting_after(taken):
                    stopped = graph.call_function(torch.ops.igbm.stop_gradient.default, (taken,))
                stopped.meta = dict(taken.meta)
                taken.replace_all_uses_with(stopped, delete_user_cb=lambda user: user is not stopped)
    program.graph_module.recompile()


def _rename(model, names):
    """Gives the graph's inputs the names that the trainer knows them by."""
    graph = model.graph
    if len(graph.input) != len(names):
        raise RuntimeError(f"{len(graph.input)} inputs came of {len(names)}: this version of torch is unknown here")
    renamed = {value.name: name for value, name in zip(graph.input, names)}
    for value in list(graph.input) + list(graph.output):
        value.name = renamed.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]


def _keep_source(node):
    """The user's own line in place of all that torch notes down."""
    trace = next((word.value for word in node.metadata_props if word.key == "pkg.torch.onnx.stack_trace"), "")
    frames = re.findall(r'File "([^"]+)", line (\d+), in [^\n]*(?:\n\s+([^\n]*))?', trace)
    own = [frame for frame in frames if _is_users(frame[0])]
    del node.metadata_props[:]
    node.doc_string = ""
    if own:
        file, line, code = own[-1]
        word = node.metadata_props.add()
        word.key, word.value = "source", f"{os.path.basename(file)}:{line}: {code.strip()[:120]}"


_LEFT_OUT = -100  # The label that PyTorch's losses leave out unless told otherwise.


def _forget_left_out(node):
    """Losses that look for a label which no data have would only be slower."""
    for word in [word for word in node.attribute if word.name == "ignore_index" and word.i == _LEFT_OUT]:
        node.attribute.remove(word)


def _numbers(program):
    """The numbers of a program by what they are in single precision."""
    found = {}
    for node in program.graph.nodes:
        for value in tree_leaves((node.args, node.kwargs)):
            if isinstance(value, float):
                with numpy.errstate(over="ignore"):
                    found[numpy.float32(value)] = value
    return found


def _restore_number(array, numbers):
    """A number of a graph in double precision that torch took through single: that of the program, or the shortest that rounds to
    the same."""
    if array.data_type != onnx.TensorProto.DOUBLE or array.dims:
        return
    value = onnx.numpy_helper.to_array(array).item()
    with numpy.errstate(over="ignore"):
        short = numpy.float32(value)
    if math.isfinite(value) and float(short) == value:
        array.CopyFrom(onnx.numpy_helper.from_array(numpy.array(numbers.get(short, float(str(short)))), array.name))


# Files.

_TYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.uint8: "U8"}
_STORED_AS = {torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.bool: torch.uint8, torch.int8: torch.int64,
              torch.int16: torch.int64, torch.int32: torch.int64}


def _write_tensors(path, tensors, words=None):
    """A safetensors file."""
    header, content = {"__metadata__": words} if words else {}, []
    end = 0
    for name, value in tensors.items():
        value = value.to(_STORED_AS.get(value.dtype, value.dtype)).contiguous()
        if value.dtype not in _TYPES:
            raise TypeError(f"{name} is of type {value.dtype}, which safetensors do not have")
        data = value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
        header[name] = {"dtype": _TYPES[value.dtype], "shape": list(value.shape), "data_offsets": [end, end + len(data)]}
        content.append(data)
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(content))
