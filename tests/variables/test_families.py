"""Which variables are harmless, by name."""

from __future__ import annotations

import pytest

from ml_ci.variables.families import harmless, looks_secret, never, of_storage

HARMLESS = """PATH HOME USER LANG LC_ALL LC_CTYPE TZ TMPDIR VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV PYTHONPATH
    PYTHONWARNINGS PYTHON_KEYRING_BACKEND PIP_INDEX_URL PIP_KEYRING_PROVIDER UV_INDEX_URL UV_CACHE_DIR R_LIBS R_HOME
    RENV_PATHS_CACHE JAVA_HOME JAVA_TOOL_OPTIONS SPARK_HOME PYSPARK_PYTHON HADOOP_CONF_DIR CUDA_VISIBLE_DEVICES
    CUDA_HOME NVIDIA_VISIBLE_DEVICES LD_LIBRARY_PATH LD_PRELOAD DYLD_LIBRARY_PATH OMP_NUM_THREADS
    OPENBLAS_NUM_THREADS MKL_NUM_THREADS NUMEXPR_MAX_THREADS TOKENIZERS_PARALLELISM HF_HOME HF_HUB_OFFLINE
    HF_DATASETS_CACHE TRANSFORMERS_CACHE XDG_CACHE_HOME SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
    HTTP_PROXY https_proxy NO_PROXY no_proxy ALL_PROXY CI GITHUB_ACTIONS GITHUB_SHA GITHUB_REF GITHUB_RUN_ATTEMPT
    GITHUB_WORKSPACE GITHUB_EVENT_PATH RUNNER_OS RUNNER_TEMP RUNNER_TOOL_CACHE pythonLocation Python_ROOT_DIR
    TF_CPP_MIN_LOG_LEVEL XLA_FLAGS TORCH_HOME MPLBACKEND SLURM_CPUS_PER_TASK JOBLIB_TEMP_FOLDER NUMBA_CACHE_DIR
    POLARS_MAX_THREADS JULIA_DEPOT_PATH CC CFLAGS"""
WITHHELD = """AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_PROFILE GOOGLE_APPLICATION_CREDENTIALS
    AZURE_STORAGE_ACCOUNT DVC_STUDIO_TOKEN MLFLOW_TRACKING_URI MLFLOW_TRACKING_PASSWORD DATABRICKS_HOST
    DATABRICKS_TOKEN WANDB_API_KEY SSH_AUTH_SOCK DATABASE_URL GITHUB_PAT GITHUB_TOKEN GH_TOKEN GITHUB_ENV
    GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY ACTIONS_RUNTIME_TOKEN ACTIONS_RUNTIME_URL
    ACTIONS_ID_TOKEN_REQUEST_URL ACTIONS_CACHE_URL GIT_DIR GIT_AUTHOR_NAME GIT_ASKPASS PYTHONHOME PYTHONSTARTUP
    PYTHONINSPECT ML_CI ML_CI_STORE BASH_ENV ENV PATHS HOMES KAGGLE_USERNAME NPM_CONFIG_REGISTRY TF_VAR_region
    CI_SERVER LC MY_HOME"""
OF_FAMILIES = """HF_TOKEN HUGGINGFACE_HUB_TOKEN CONDA_TOKEN UV_PUBLISH_TOKEN UV_INDEX_ME_PASSWORD PIP_PASSWORD
    POETRY_PYPI_TOKEN_ME POETRY_HTTP_BASIC_ME_PASSWORD HATCH_INDEX_AUTH CARGO_REGISTRY_TOKEN NODE_AUTH_TOKEN
    JUPYTER_TOKEN SPARK_AUTH_SECRET HADOOP_TOKEN_FILE_LOCATION RUNNER_TOKEN SLURM_JWT R_API_KEY JAVA_KEYSTORE_PASS
    DASK_CREDENTIALS RENV_PAT GRADLE_SIGNINGKEY PYTHON_DB_PWD DOTNET_S3KEY XDG_AUTH_COOKIE"""


@pytest.mark.parametrize("name", HARMLESS.split())
def test_is_harmless(name: str) -> None:
    assert harmless(name)


@pytest.mark.parametrize("name", WITHHELD.split())
def test_is_nobodys_business(name: str) -> None:
    assert not harmless(name)


@pytest.mark.parametrize("name", OF_FAMILIES.split())
def test_a_secret_of_a_harmless_family_is_none_of_it(name: str) -> None:
    assert looks_secret(name) and not harmless(name)


@pytest.mark.parametrize("name", ["PWD", "OLDPWD", "TOKENIZERS_PARALLELISM", "GIT_AUTHOR_NAME", "PIP_KEYRING_PROVIDER"])
def test_does_not_look_like_a_secret(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize("name", ["dbPassword", "api-key", "ApiToken2", "MYSQL_PWD", "GH_PAT", "AWS_SESSION_TOKEN"])
def test_looks_like_a_secret_however_it_is_written(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("GITHUB_TOKEN", "act as the workflow"),
        ("GITHUB_ENV", "act as the workflow"),
        ("ACTIONS_RESULTS_URL", "act as the workflow"),
        ("PYTHONHOME", "ml-ci's Python"),
        ("GIT_INDEX_FILE", "work on your repository"),
        ("ML_CI_SEED", "ml-ci sets it itself"),
        ("PYTHONHASHSEED", "ml-ci sets it itself"),
    ],
)
def test_no_list_gives_it(name: str, why: str) -> None:
    assert why in (never(name) or "")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GOOGLE_APPLICATION_CREDENTIALS", True),
        ("AZURE_STORAGE_KEY", True),
        ("OSS_ACCESS_KEY_SECRET", True),
        ("DVC_HTTP_PASSWORD", True),
        ("SSH_AUTH_SOCK", True),
        ("MLFLOW_TRACKING_PASSWORD", False),
        ("GITHUB_TOKEN", False),
    ],
)
def test_what_a_storage_logs_in_with(name: str, is_one: bool) -> None:
    assert of_storage(name) is is_one
