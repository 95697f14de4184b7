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
import json
import logging
import os
import re
import struct
import warnings

import onnx
import onnx.numpy_helper
import torch
from torch.func import functional_call

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
    os.makedirs(os.path.join(folder, "tasks"), exist_ok=True)
    for name, objective, side in (("lower", lower_objective, "train"), ("upper", upper_objective, "validate")):
        _write_graph(os.path.join(folder, name + ".onnx"), objective, upper, lower, tasks[0][side])
    if predict is not None:
        given = {"data": tasks[0]["validate"]["data"]}
        _write_graph(os.path.join(folder, "score.onnx"), predict, torch.nn.Identity(), lower, given)
    for name, module in (("upper", upper), ("lower", lower)):
        _write_tensors(os.path.join(folder, name + ".safetensors"), _state(module))
    _write_tasks(os.path.join(folder, "tasks"), tasks)
    if held_out is not None:
        os.makedirs(os.path.join(folder, "held-out"), exist_ok=True)
        _write_tasks(os.path.join(folder, "held-out"), [_task(*task) for task in held_out])
    if start not in ("lower", "upper"):
        raise ValueError(f'start={start!r} is neither "lower" nor "upper"')
    lines = {"problem": "onnx", "adapt-from": start, **(settings or {})}
    if "tasks" not in lines:
        lines["tasks"] = len(tasks)
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
        if "Dropout" in kind and module.p > 0 or kind.endswith(("LSTM", "GRU", "RNN")) and module.dropout > 0:
            raise ValueError(
                f"{place}: dropout of {kind} in training mode draws a mask anew each step, which a graph cannot; "
                f"call .eval() on it, or set its rate to 0")
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
    return {name: value.detach().contiguous() for name, value in module.state_dict().items()}


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
        return functional_call(self.level, parameters, (dict(zip(self.data_names, data)),), strict=False)


def _write_graph(path, objective, upper, lower, given):
    level = _Level(objective, _without_running_statistics(upper), _without_running_statistics(lower))
    named = [(name, value) for name, value in level.named_parameters()]
    traced = _Traced(level, [name for name, _ in named], list(given))
    arguments = (list(given.values()), [value.detach() for _, value in named])
    program = _program(traced, arguments, path)
    _mark_constants(program)
    model = _converted(program, path)
    inputs = list(given) + [re.sub(r"^(upper|lower)\.", r"\1/", name) for name, _ in named]
    _rename(model, inputs)
    for node in model.graph.node:
        _keep_source(node)
    for array in model.graph.initializer:
        _restore_number(array)
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
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RuntimeError(
            f"{os.path.basename(path)}: torch.export cannot follow this objective: {reason}; it must be a formula of "
            f"tensors, without torch.func.grad, .item(), or branches on values") from error
    if failure is not None:
        warnings.warn(f"{os.path.basename(path)}: the graph holds for {count} rows only: batch settings cannot be used")
    return program


@contextlib.contextmanager
def _quiet():
    """Without what torch says of its own inner life."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _converted(program, path):
    try:
        with _quiet():
            return torch.onnx.export(program, dynamo=True, verbose=False,
                                     custom_translation_table=_translations()).model_proto
    except Exception as error:
        text = str(error)
        reason = text.split("## Exception summary")[-1].strip().splitlines()
        raise RuntimeError(f"{os.path.basename(path)}: torch.onnx cannot write this objective: "
                           f"{reason[0] if reason else type(error).__name__}") from error


@torch.library.custom_op("igbm::stop_gradient", mutates_args=())
def _stop_gradient(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


@_stop_gradient.register_fake
def _(x):
    return torch.empty_like(x)


@_stop_gradient.register_kernel("cpu")
def _(x):
    return x.clone()


def _translations():
    """ONNX knows no detach, and so gets an operation of its own."""
    from onnxscript import values

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

    return {torch.ops.igbm.stop_gradient.default: stop_gradient}


def _mark_constants(program):
    """detach, and what no_grad gives, as an operation that the translation keeps."""
    graph = program.graph_module.graph
    for node in list(graph.nodes):
        if node.target is torch.ops.aten.detach.default:
            node.target = torch.ops.igbm.stop_gradient.default
        elif node.target is torch.ops.higher_order.wrap_with_set_grad_enabled and node.args[0] is False:
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
    own = [frame for frame in frames if not frame[0].startswith((_TORCH, "<")) and "igbm_export" not in frame[0]]
    del node.metadata_props[:]
    node.doc_string = ""
    if own:
        file, line, code = own[-1]
        word = node.metadata_props.add()
        word.key, word.value = "source", f"{os.path.basename(file)}:{line}: {code.strip()[:120]}"


def _restore_number(array):
    """A number of a graph in double precision that torch took through single: the shortest that rounds to the same."""
    if array.data_type != onnx.TensorProto.DOUBLE or array.dims:
        return
    value = onnx.numpy_helper.to_array(array).item()
    short = onnx.numpy_helper.to_array(array).astype("float32")
    if float(short) == value:
        name = array.name
        array.CopyFrom(onnx.numpy_helper.from_array(short.astype("float64") * 0 + float(str(short)), name))


# Files.

_TYPES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
          torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def _write_tensors(path, tensors):
    """A safetensors file."""
    header, content = {}, []
    end = 0
    for name, value in tensors.items():
        if value.dtype not in _TYPES:
            raise TypeError(f"{name} is of type {value.dtype}, which safetensors do not have")
        data = value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
        header[name] = {"dtype": _TYPES[value.dtype], "shape": list(value.shape), "data_offsets": [end, end + len(data)]}
        content.append(data)
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(content))
