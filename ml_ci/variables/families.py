"""Which variables are known to be harmless, by name. What is in no family is nobody's business but its owner's.

A family is a name, or a beginning with the `_` behind it. A name of a family that looks like a secret's (PIP_PASSWORD,
HF_TOKEN) is none of it.
"""

from __future__ import annotations

import re

from ml_ci.forges.registry import forges

_SYSTEM = """PATH HOME USER LOGNAME SHELL HOSTNAME TERM COLUMNS LINES COLORTERM NO_COLOR FORCE_COLOR CLICOLOR PWD
    OLDPWD SHLVL TMPDIR TMP TEMP LANG LANGUAGE LC_ TZ TZDIR XDG_ FONTCONFIG_ LOCALE_ARCHIVE SYSTEMROOT NIX_ GUIX_
    MODULEPATH MODULESHOME LOADEDMODULES LMOD_ SLURM_ PBS_ LSB_ TERMINFO DEBIAN_FRONTEND SOURCE_DATE_EPOCH"""
_LIBRARIES = """LD_LIBRARY_PATH LD_PRELOAD LIBRARY_PATH DYLD_ CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH
    PKG_CONFIG_PATH CC CXX FC F77 AR LD CFLAGS CXXFLAGS CPPFLAGS FFLAGS LDFLAGS MAKEFLAGS CMAKE_ MALLOC_
    GLIBC_TUNABLES ASAN_OPTIONS"""
_CERTIFICATES = """SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS AWS_CA_BUNDLE
    HTTPLIB2_CA_CERTS GIT_SSL_CAINFO GIT_SSL_CAPATH GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"""
_PROXIES = "HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy ftp_proxy all_proxy no_proxy"
_PYTHON = """PYTHON PYTHON_ PIP_ UV_ VIRTUAL_ENV VIRTUAL_ENV_ CONDA_ MAMBA_ MICROMAMBA_ PIXI_ POETRY_ PDM_ PIPENV_
    HATCH_ PYENV_ PIPX_ JUPYTER_ IPYTHONDIR pythonLocation Python_ROOT_DIR Python2_ROOT_DIR Python3_ROOT_DIR
    SETUPTOOLS_"""
_LANGUAGES = """R_ RENV_ RETICULATE_ JAVA_ JDK_ JRE_HOME _JAVA_OPTIONS MAVEN_ GRADLE_ SBT_ SCALA_ KOTLIN_ SPARK_
    PYSPARK_ HADOOP_ HIVE_ YARN_ JULIA_ NODE_ CARGO_ RUSTUP_ RUST_ GOPATH GOROOT GOCACHE GOMODCACHE GOFLAGS PERL5LIB
    DOTNET_"""
_ACCELERATORS = """CUDA_ CUDNN_ CUBLAS_ NVIDIA_ NCCL_ NVTE_ ROCM_ ROCR_ HIP_ HSA_ MIOPEN_ NEURON_ TPU_ XLA_ JAX_
    JAXLIB_ PYTORCH_ TORCH_ TRITON_ KERAS_ ONEAPI_ SYCL_ TF_CPP_ TF_CUDNN_ TF_DETERMINISTIC_ TF_ENABLE_ TF_FORCE_
    TF_GPU_ TF_NUM_ TF_XLA_ TF_USE_LEGACY_KERAS"""
_THREADS = """OMP_ OPENBLAS_ GOTO_ MKL_ BLIS_ VECLIB_ NUMEXPR_ KMP_ GOMP_ RAYON_ LOKY_ JOBLIB_ DASK_ POLARS_ ARROW_
    DUCKDB_ NUMBA_ NUMPY_ NPY_ SCIPY_ SKLEARN_ RCPP_ OMPI_ MPI_ TOKENIZERS_ TBB_"""
_CACHES = """HF_ HUGGINGFACE_HUB_ TRANSFORMERS_ SENTENCE_TRANSFORMERS_ DIFFUSERS_ NLTK_DATA SCIKIT_LEARN_DATA SPACY_
    MPLBACKEND MPLCONFIGDIR CCACHE_ XGBOOST_ LIGHTGBM_ CATBOOST_"""
# Facts of runs where no forge is known to be.
_OTHER_RUNNERS = """CI WORKSPACE
    BUILD_NUMBER BUILD_ID BUILD_TAG JOB_NAME BRANCH_NAME CHANGE_ID CHANGE_TARGET NODE_NAME EXECUTOR_NUMBER TF_BUILD
    BUILD_SOURCESDIRECTORY BUILD_REPOSITORY_LOCALPATH BUILD_BUILDID BUILD_BUILDNUMBER BUILD_SOURCEBRANCH
    BUILD_SOURCEVERSION SYSTEM_DEFAULTWORKINGDIRECTORY PIPELINE_WORKSPACE AGENT_BUILDDIRECTORY AGENT_OS CIRCLECI
    CIRCLE_ BITBUCKET_ BUILDKITE BUILDKITE_ TRAVIS TRAVIS_ DRONE DRONE_ TEAMCITY_VERSION"""
_FAMILIES = (
    *(_SYSTEM, _LIBRARIES, _CERTIFICATES, _PROXIES, _PYTHON, _LANGUAGES),
    *(_ACCELERATORS, _THREADS, _CACHES, _OTHER_RUNNERS, *(forge.harmless for forge in forges())),
)
_WORDS = frozenset(" ".join(_FAMILIES).split())
_NAMES = frozenset(word for word in _WORDS if not word.endswith("_"))
_BEGINNINGS = (*sorted(word for word in _WORDS if word.endswith("_")), "PYTHON")

# What the programs that fetch data log in with; ssh's agent and git's own variables beside them.
STORAGE = ("AWS_", "GOOGLE_", "CLOUDSDK_", "GDRIVE_", "AZURE_", "OSS_", "DVC_", "SSH_AUTH_SOCK")

# With these a job could write the workflow's outputs or act with its token.
_TOKENS = frozenset(" ".join(forge.tokens for forge in forges()).split())
_WORKFLOW = frozenset(" ".join(forge.withheld for forge in forges()).split()) | _TOKENS
_WORKFLOW_BEGINNINGS = tuple(word for word in _WORKFLOW if word.endswith("_"))
# They describe ml-ci's interpreter and not the job's.
_OWN_PYTHON = frozenset({"PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "__PYVENV_LAUNCHER__"})
# Set by git for the hooks that it starts, and for its own parts; they would turn git in ml-ci, and in a job, to the
# hook's repository and index. What a hook's git was told to have for settings (GIT_CONFIG_COUNT) is the user's.
_OF_HOOKS = """GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_OBJECT_DIRECTORY GIT_COMMON_DIR GIT_NAMESPACE
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_QUARANTINE_PATH GIT_SHALLOW_FILE GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE
    GIT_INTERNAL_SUPER_PREFIX GIT_CONFIG"""
LOCATION = frozenset(_OF_HOOKS.split())
_OURS = frozenset({"PYTHONHASHSEED", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"})

_PART = re.compile(
    r"[A-Z0-9]*?(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|SECRET|KEY|CREDENTIAL|CRED|AUTH|JWT|COOKIE)S?\d*"
)
_WHOLE = frozenset({"PAT", "PWD", "PSW", "SIGNATURE", "PRIVATE"})
_NO_SECRETS = frozenset({"PWD", "OLDPWD"})


def looks_secret(name: str) -> bool:
    """Say whether a name looks like that of a secret: one of its parts ends so, TOKENIZERS does not."""
    if name in _TOKENS:
        return True
    parts = [part for part in re.split(r"[^A-Z0-9]+", name.upper()) if part]
    return name not in _NO_SECRETS and any(_PART.fullmatch(part) or part in _WHOLE for part in parts)


def harmless(name: str) -> bool:
    """Say whether every job may have a variable."""
    known = name in _NAMES or name.startswith(_BEGINNINGS)
    return known and never(name) is None and not looks_secret(name)


def never(name: str) -> str | None:
    """Say why no list may give a variable to a job; None where one may."""
    if name in _WORKFLOW or name.startswith(_WORKFLOW_BEGINNINGS):
        return "with it a job could act as the workflow; give it a login of its own, under another name"
    if name in _OWN_PYTHON:
        return "it describes ml-ci's Python and not the job's"
    if name in LOCATION:
        return "with it git in a job would work on your repository"
    if name in _OURS or name.startswith("ML_CI_"):
        return "ml-ci sets it itself"
    return None


def of_storage(name: str) -> bool:
    """Say whether a variable belongs to a storage of data, its login too."""
    return never(name) is None and name.startswith(STORAGE)
