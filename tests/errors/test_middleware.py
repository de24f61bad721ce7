"""The middleware by itself: choosing the class, applying hooks, refusing bad ones."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from cases import for_each
from error_samples import ATTEMPTS, CLASSES, CONTEXTS, sample, state

from aerospike_wire import errors
from aerospike_wire.errors import AerospikeError, ErrorMiddleware, Failure, ParamError, ResultCode

CONTEXT = CONTEXTS["record"]


class AppError(Exception):
    """A program's own exception outside the hierarchy."""


class UserMissing(errors.RecordNotFound):
    """A program's own exception inside the hierarchy."""


def translate(*hooks: Any, code: int = 2, **facts: Any) -> BaseException:
    return ErrorMiddleware(hooks).translate(code, CONTEXT, **facts)


def test_without_hooks_the_librarys_error_comes_out() -> None:
    """No hook, no change: translate gives what error makes."""
    error = translate(attempts=ATTEMPTS, elapsed=2.0, subcode=3, server_message="words", hint="h")
    assert type(error) is errors.RecordNotFound
    assert (error.attempts, error.elapsed, error.subcode) == (ATTEMPTS, 2.0, 3)
    assert (error.msg, error.server_message, error.hint) == ("words", "words", "h")
    assert error.context is CONTEXT
    assert error.__cause__ is None


def test_hooks_run_in_order_and_see_the_choice_before() -> None:
    """Each hook is given the same error and what the one before it chose."""
    seen: list[tuple[str, BaseException | None]] = []
    first, second = AppError("first"), AppError("second")

    def hook(name: str, answer: BaseException | None) -> Any:
        def apply(failure: Failure) -> BaseException | None:
            assert failure.error.code == failure.code == 2
            seen.append((name, failure.replacement))
            return answer

        return apply

    found = translate(hook("a", None), hook("b", first), hook("c", None), hook("d", second), hook("e", None))
    assert found is second
    assert seen == [("a", None), ("b", None), ("c", first), ("d", first), ("e", second)]


def test_none_keeps_the_error() -> None:
    """Hooks that all return None leave the library's error as it is."""
    found = translate(lambda failure: None, lambda failure: None)
    assert type(found) is errors.RecordNotFound
    assert found.__cause__ is None


def test_a_hook_may_put_the_original_back() -> None:
    """Returning ``failure.error`` undoes what an earlier hook chose, and is not its own cause."""
    found = translate(lambda failure: AppError(), lambda failure: failure.error)
    assert type(found) is errors.RecordNotFound
    assert found.__cause__ is None


def test_the_original_is_the_cause() -> None:
    """What replaces an error has it as its cause, complete."""
    found = translate(lambda failure: AppError("gone"), attempts=ATTEMPTS)
    assert type(found) is AppError
    assert type(found.__cause__) is errors.RecordNotFound
    assert found.__cause__.attempts == ATTEMPTS
    assert "The above exception was the direct cause" in "".join(traceback.format_exception(found))


def test_a_cause_chosen_by_the_hook_stays() -> None:
    """A hook that set a cause itself is not overruled."""
    reason = KeyError("mine")

    def hook(failure: Failure) -> BaseException:
        error = AppError()
        error.__cause__ = reason
        return error

    assert translate(hook).__cause__ is reason


def test_hooks_get_the_facts_of_the_failure() -> None:
    """Key, attempts, doubt, code and context are at hand without digging."""
    seen: list[Failure] = []
    translate(seen.append, code=9, attempts=ATTEMPTS, in_doubt=True)
    (failure,) = seen
    assert failure.key == CONTEXT.key
    assert failure.attempts == ATTEMPTS
    assert failure.in_doubt is True
    assert failure.code == 9
    assert failure.context is CONTEXT
    assert type(failure.error) is errors.TimeoutError


def test_a_failure_cannot_be_changed() -> None:
    """Hooks talk by what they return."""

    def hook(failure: Failure) -> None:
        failure.replacement = AppError()  # type: ignore[misc]

    with pytest.raises(AttributeError):
        translate(hook)


def test_a_mistake_in_a_hook_surfaces() -> None:
    """What a hook raises comes out as it is, with the error it was to look at as its context."""

    def hook(failure: Failure) -> None:
        raise ZeroDivisionError("in the hook")

    with pytest.raises(ZeroDivisionError) as caught:
        translate(hook)
    assert type(caught.value.__context__) is errors.RecordNotFound


def test_a_mistake_keeps_its_own_context() -> None:
    """A hook's own chain of exceptions is not cut."""

    def hook(failure: Failure) -> None:
        try:
            raise KeyError("inner")
        except KeyError:
            raise ZeroDivisionError  # noqa: B904  the chain is what is looked at

    with pytest.raises(ZeroDivisionError) as caught:
        translate(hook)
    assert type(caught.value.__context__) is KeyError


@for_each("answer", ["text", 5, AppError, {}, False])
def test_what_is_no_exception_is_a_type_error(answer: Any) -> None:
    """A hook that returns something else, a class for instance, is named in a TypeError with the error as cause."""

    def my_hook(failure: Failure) -> Any:
        return answer

    with pytest.raises(
        TypeError, match=f"my_hook.* must return an exception or None, not {type(answer).__name__}"
    ) as caught:
        translate(my_hook)
    assert type(caught.value.__cause__) is errors.RecordNotFound


# Mappings


def test_mapping_by_code() -> None:
    """A code leads to a class of the program, made with the error's text."""
    found = translate({ResultCode.RECORD_NOT_FOUND: AppError})
    assert type(found) is AppError
    assert found.args == (str(found.__cause__),)
    assert type(translate({ResultCode.RECORD_EXISTS: AppError})) is errors.RecordNotFound


def test_mapping_by_class_takes_the_nearest() -> None:
    """An exception class matches its subclasses too; the nearest entry wins."""
    mapping = {errors.AerospikeError: AppError, errors.RecordError: KeyError, errors.RecordNotFound: LookupError}
    assert type(translate(mapping)) is LookupError
    assert type(translate(mapping, code=5)) is KeyError
    assert type(translate(mapping, code=4)) is AppError


def test_mapping_prefers_the_code() -> None:
    """An entry for the code wins over one for the class."""
    assert type(translate({errors.RecordNotFound: KeyError, 2: AppError})) is AppError


def test_mapping_into_the_hierarchy_keeps_all_facts() -> None:
    """A class of the hierarchy takes over everything from the error it stands in for."""
    facts = {"attempts": ATTEMPTS, "elapsed": 2.0, "subcode": 3, "server_message": "words", "in_doubt": True}
    found = translate({errors.RecordNotFound: UserMissing}, **facts)
    original = found.__cause__
    assert type(found) is UserMissing
    assert isinstance(original, AerospikeError)
    ignored = {"class", "text"}
    assert {k: v for k, v in state(found).items() if k not in ignored} == {
        k: v for k, v in state(original).items() if k not in ignored
    }
    found.add_note("only here")
    assert "only here" not in original.__notes__


@for_each("cls", [cls for cls in CLASSES if cls.code is not None])
def test_mapping_finds_every_class(cls: type[AerospikeError]) -> None:
    """Each class with a code can be mapped, by itself and by AerospikeError."""
    found = ErrorMiddleware([{cls: AppError}]).apply(sample(cls))
    assert type(found) is AppError
    assert type(ErrorMiddleware([{AerospikeError: AppError}]).apply(sample(cls))) is AppError


def test_a_mapping_is_copied() -> None:
    """Changing the dict afterwards changes nothing."""
    mapping: dict[Any, Any] = {2: AppError}
    middleware = ErrorMiddleware([mapping])
    mapping.clear()
    assert type(middleware.translate(2, CONTEXT)) is AppError


# Refusals


@for_each(
    ("hooks", "words"),
    [
        (["not callable"], "callables or mappings, not str"),
        ([None], "callables or mappings, not NoneType"),
        ([{"2": AppError}], "result codes or exception classes of this package, not '2'"),
        ([{KeyError: AppError}], "result codes or exception classes of this package"),
        ([{2: "AppError"}], "exception classes, not to 'AppError'"),
        ([{2: AppError()}], "exception classes, not to"),
        ([{2: int}], "exception classes, not to"),
        ({2: AppError}, "must be a list of hooks"),
        (translate, "must be a list of hooks"),
        (7, "must be a list of hooks"),
    ],
)
def test_bad_hooks_are_refused_when_they_are_given(hooks: Any, words: str) -> None:
    """What cannot work as a hook is a ParamError that names the argument, long before a failure."""
    with pytest.raises(ParamError, match=words) as caught:
        ErrorMiddleware(hooks)
    assert caught.value.argument == "error_hooks"
    assert "error_hooks" in str(caught.value)


def test_a_bad_further_hook_is_named_by_its_own_argument() -> None:
    """``with_hook`` refuses under the name of the argument that calls and siblings have."""
    with pytest.raises(ParamError) as caught:
        ErrorMiddleware().with_hook("no hook")  # type: ignore[arg-type]
    assert caught.value.argument == "error_hook"


def test_error_detail_is_checked() -> None:
    """There are two levels of detail."""
    with pytest.raises(ParamError, match="error_detail must be one of 'full', 'digest', not 'none'") as caught:
        ErrorMiddleware(error_detail="none")
    assert caught.value.argument == "error_detail"


def test_with_hook_leaves_the_original_alone() -> None:
    """A sibling has one more hook and the same detail; the middleware it came from is unchanged."""
    parent = ErrorMiddleware([{2: KeyError}], error_detail="digest")
    child = parent.with_hook({2: AppError})
    assert type(child.translate(2, CONTEXT)) is AppError
    assert type(parent.translate(2, CONTEXT)) is KeyError
    assert child.error_detail == "digest"
    assert len(parent.hooks) == 1


def test_a_middleware_is_usable_by_itself() -> None:
    """Programs can translate codes of their own, without any client."""
    with pytest.raises(errors.ForbiddenError) as caught:
        raise ErrorMiddleware().translate(22, errors.ErrorContext("nightly job"))
    assert str(caught.value).startswith("ForbiddenError (22) in nightly job: ")
    assert caught.value.file == __file__
    assert caught.value.line == caught.tb.tb_lineno
