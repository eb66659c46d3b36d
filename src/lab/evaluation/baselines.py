"""Fills holes with other people's programs, for `repaint-fill lab run`. Needs numpy and Pillow; and for

    telea, navier-stokes   pip install opencv-python-headless
    patchmatch             pip install patchmatch-cython
    resynthesizer          pip install resynthesizer

Prints one line of JSON: {"missing": {program: what to install}}. Then reads lines of JSON from stdin,
{"program", "photo", "hole", "out", "seed"} with paths of PNG files (hole: white is filled), and answers
each with {} when `out` is written or {"error": why}. A program of your own: add it to PROGRAMS.
"""

import importlib.util
import json
import os
import sys

answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)  # What libraries print must not come between the answers.


def opencv(name):
    def fill(photo, hole, seed):
        import cv2

        mask = hole.astype('uint8') * 255
        return cv2.inpaint(photo[:, :, ::-1].copy(), mask, 5, getattr(cv2, name))[:, :, ::-1]

    return fill


def patchmatch(photo, hole, seed):
    import patchmatch_cython

    return patchmatch_cython.inpaint_pyramid(photo.copy(), hole.copy(), patch_size=5, seed=seed)


def resynthesizer(photo, hole, seed):
    import numpy
    from PIL import Image
    from resynthesizer import resynthesize

    filled = resynthesize(Image.fromarray(photo), Image.fromarray(hole.astype('uint8') * 255))
    return numpy.asarray(filled.convert('RGB'))


PROGRAMS = {  # name: (module, what to install, how to fill)
    'telea': ('cv2', 'opencv-python-headless', opencv('INPAINT_TELEA')),
    'navier-stokes': ('cv2', 'opencv-python-headless', opencv('INPAINT_NS')),
    'patchmatch': ('patchmatch_cython', 'patchmatch-cython', patchmatch),
    'resynthesizer': ('resynthesizer', 'resynthesizer', resynthesizer),
}


def fill(job):
    import numpy
    from PIL import Image

    photo = numpy.ascontiguousarray(Image.open(job['photo']).convert('RGB'))
    hole = numpy.asarray(Image.open(job['hole']).convert('L')) > 127
    filled = PROGRAMS[job['program']][2](photo, hole, job['seed'])
    Image.fromarray(numpy.ascontiguousarray(filled)).save(job['out'])


def say(answer):
    answers.write(json.dumps(answer) + '\n')
    answers.flush()


def is_missing(*modules):
    return any(importlib.util.find_spec(module) is None for module in modules)


basics = 'numpy pillow ' if is_missing('numpy', 'PIL') else ''
say({'missing': {name: basics + package for name, (module, package, _) in PROGRAMS.items() if basics or is_missing(module)}})
for line in sys.stdin:
    try:
        fill(json.loads(line))
        say({})
    except Exception as error:
        say({'error': f'{type(error).__name__}: {error}'[:300]})
