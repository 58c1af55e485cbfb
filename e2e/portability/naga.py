"""Has naga, which Firefox compiles WGSL with, take every module that dumpKernels.ts wrote, and make a pipeline of every
MODULES-th one (50 unless given). Needs `pip install wgpu` and a Vulkan driver. Exits with 1 where a module is refused.

    python e2e/portability/naga.py FOLDER [MODULES]
"""

import collections
import json
import pathlib
import sys

import wgpu

BUFFERS = {"uniform": "uniform", "read": "read-only-storage", "read_write": "storage"}


def main(folder: str, every: int = 50) -> int:
    modules = json.loads((pathlib.Path(folder) / "modules.json").read_text())
    adapter = wgpu.gpu.request_adapter_sync()
    wanted = {"shader-f16", "subgroup", "subgroup-barrier"}
    device = adapter.request_device_sync(required_features=[name for name in wanted if name in adapter.features])
    print(f"{adapter.info['device']}, wgpu {wgpu.__version__}, {sorted(device.features)}")
    failures = collections.Counter()
    for index, module in enumerate(modules):
        # wgpu has subgroups of its own, without this line; Firefox offers none yet.
        code = module["code"].replace("enable subgroups;", "")
        try:
            shader = device.create_shader_module(code=code)
            if index % every == 0:
                pipeline(device, shader, module["access"])
        except wgpu.GPUError as error:
            failures[f"{module['kernel'].split(' ')[0]}: {error}"] += 1
    for failure, count in failures.most_common():
        print(f"{count} × {failure}\n")
    print(f"{len(modules) - failures.total()} of {len(modules)} modules taken")
    return 1 if failures else 0


def pipeline(device, shader, access):
    entries = [
        {"binding": binding, "visibility": wgpu.ShaderStage.COMPUTE, "buffer": {"type": BUFFERS[kind]}}
        for binding, kind in enumerate(access)
    ]
    layout = device.create_pipeline_layout(bind_group_layouts=[device.create_bind_group_layout(entries=entries)])
    device.create_compute_pipeline(layout=layout, compute={"module": shader, "entry_point": "main"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
