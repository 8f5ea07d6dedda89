"""Which adapters this process runs with, made when they are first needed, and stores opened for one workspace.

Nothing is imported or started when this module is: the server forks after it, and a cold start pays only for what the first request uses.
"""

from __future__ import annotations

import gc
import hmac
import os
import threading
import time
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from shared.config import Settings
from shared.kit import faults
from shared.kit.clock import SystemClock
from shared.kit.documents import Documents
from shared.kit.errors import Forbidden, NotFound, Unauthenticated
from shared.kit.lazy import Lazy
from shared.kit.metered import DatabaseUsage, MeteredDocuments
from shared.workspaces.keys import KEY_PREFIX
from shared.workspaces.models import Principal
from shared.workspaces.store import PLATFORM_ROOT, workspace_root

if TYPE_CHECKING:
    from shared.adapters.identity.builtin import BuiltinIdentity
    from shared.agents.live import LiveRuns
    from shared.agents.models import Agent
    from shared.agents.runner import Runner, Tool
    from shared.agents.store import AgentStore
    from shared.agents.turns import Turns
    from shared.identity.ports import Identity
    from shared.identity.service import People, SignIn
    from shared.identity.sign_ins import SignIns
    from shared.identity.users import Users
    from shared.kit.blobs import Blobs, BlobStore
    from shared.kit.bus import Bus
    from shared.kit.documents import DocumentStore
    from shared.kit.outbox import Outbox
    from shared.sessions.access import Access
    from shared.sessions.deletion import Deletions
    from shared.sessions.runs import RunStore
    from shared.sessions.search import Search
    from shared.sessions.shares import Shares
    from shared.sessions.store import SessionStore
    from shared.sessions.tags import Tags
    from shared.workspaces.service import Authenticator
    from shared.workspaces.store import Directory

_AGENT_CACHE_SECONDS = 30.0
_WARM_UP_SECONDS = 0.1
"""An instance starts because a request waits: the imports of the warm-up would take half of the processor from its answer."""


class Caller(Protocol):
    """A request that services are opened for: in whose workspace, and where its database cost is counted."""

    @property
    def principal(self) -> Principal: ...

    @property
    def usage(self) -> DatabaseUsage: ...


class Services:
    """Everything that entry points call. One per process."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._given = settings
        self._agents: dict[tuple[str, str], tuple[float, Agent]] = {}

    @Lazy
    def settings(self) -> Settings:
        settings = self._given or Settings.from_environment()
        faults.arm(settings.faults, beside_emulator=settings.beside_emulator)
        return settings

    def authenticate(self, token: str, workspace: str = "") -> Principal:
        if not token.startswith(KEY_PREFIX):
            return self.people.authenticate(token, workspace)
        principal = self._authenticator.authenticate(token)
        if workspace not in ("", principal.workspace):
            raise Forbidden("X-Reggie-Workspace names another workspace than this API key's; leave it out")
        return principal

    def verify_internal(self, token: str) -> None:
        if self.settings.internal_token:
            if not hmac.compare_digest(token.encode(), self.settings.internal_token.encode()):
                raise Unauthenticated("this route is for the platform's own senders")
            return
        from shared.adapters.pubsub.push import verify_push

        verify_push(token, self.settings.push_audience, self.settings.push_service_account)

    def allowed_origins(self) -> tuple[str, ...]:
        return self.settings.origins

    def documents(self, workspace: str, usage: DatabaseUsage) -> Documents:
        return MeteredDocuments(self.document_store.open(workspace_root(workspace)), usage)

    def directory(self) -> Directory:
        """The platform's own store: workspaces, users, keys."""
        from shared.workspaces.store import Directory

        return Directory(self.document_store.open(PLATFORM_ROOT))

    def platform(self, usage: DatabaseUsage) -> Documents:
        """The documents that lie outside any workspace."""
        return MeteredDocuments(self.document_store.open(PLATFORM_ROOT), usage)

    def users(self) -> Users:
        """People who may sign in."""
        from shared.identity.users import Users

        return Users(self.document_store.open(PLATFORM_ROOT))

    def blobs(self, workspace: str) -> Blobs:
        return self.blob_store.open(workspace_root(workspace))

    def sessions(self, caller: Caller) -> SessionStore:
        from shared.sessions.store import SessionStore

        return SessionStore(self.documents(caller.principal.workspace, caller.usage))

    def runs(self, caller: Caller) -> RunStore:
        from shared.sessions.runs import RunStore

        workspace = caller.principal.workspace
        return RunStore(self.documents(workspace, caller.usage), self.blobs(workspace))

    def access(self, caller: Caller) -> Access:
        """The sessions and runs that the caller may see."""
        from shared.sessions.access import Access

        return Access(self.sessions(caller), self.runs(caller), caller.principal)

    def search(self, caller: Caller) -> Search:
        from shared.sessions.search import Search

        return Search(self.documents(caller.principal.workspace, caller.usage), self.runs(caller))

    def tags(self, caller: Caller) -> Tags:
        from shared.sessions.tags import Tags

        return Tags(self.documents(caller.principal.workspace, caller.usage))

    def shares(self, workspace: str, usage: DatabaseUsage) -> Shares:
        from shared.sessions.shares import Shares

        return Shares(workspace, self.documents(workspace, usage), self.blobs(workspace), self.platform(usage))

    def deletions(self, workspace: str, usage: DatabaseUsage) -> Deletions:
        from shared.sessions.deletion import Deletions

        return Deletions(self.documents(workspace, usage), self.blobs(workspace), self.shares(workspace, usage))

    def agents(self, caller: Caller) -> AgentStore:
        from shared.agents.store import AgentStore

        return AgentStore(self.documents(caller.principal.workspace, caller.usage))

    def outbox(self, workspace: str) -> Outbox:
        from shared.kit.outbox import Outbox

        return Outbox(self.documents(workspace, DatabaseUsage()), self.bus)

    def turns(self, caller: Caller) -> Turns:
        return self.turns_of(caller.principal.workspace, caller.usage)

    def turns_of(self, workspace: str, usage: DatabaseUsage) -> Turns:
        """The turns of one workspace; `usage` counts what they cost."""
        from shared.agents.execution import Execution
        from shared.agents.turns import Turns
        from shared.kit.outbox import Outbox
        from shared.sessions.runs import RunStore
        from shared.sessions.store import SessionStore

        documents, blobs = self.documents(workspace, usage), self.blobs(workspace)
        execution = Execution(
            sessions=SessionStore(documents),
            runs=RunStore(documents, blobs),
            documents=documents,
            usage=usage,
            blobs=blobs,
            outbox=Outbox(documents, self.bus),
            runner=self.runner,
            tools=self.tools,
            agent=lambda agent: self._agent(workspace, agent, documents),
            live=self.live_runs,
            clock=self.clock,
            workspace=workspace,
        )
        return Turns(execution, documents, self.bus)

    @Lazy
    def clock(self) -> SystemClock:
        return SystemClock()

    @Lazy
    def document_store(self) -> DocumentStore:
        if self.settings.documents == "firestore":
            from shared.adapters.firestore.store import FirestoreStore

            store: DocumentStore = FirestoreStore(self.settings.project, self.settings.database)
            if not self.settings.beside_emulator:
                return store
        else:
            from shared.adapters.sqlite.documents import SqliteStore

            store = SqliteStore(self.settings.home / "documents.db")
        # What stands in for Firestore answers every query; a query that lacks its index shall fail here and not in the cloud.
        from shared.adapters.firestore.guard import IndexedStore

        return IndexedStore(store)

    @Lazy
    def blob_store(self) -> BlobStore:
        if self.settings.blobs == "gcs":
            from shared.adapters.gcs.blobs import GcsBlobStore

            return GcsBlobStore(self.settings.bucket)
        from shared.adapters.filesystem.blobs import FileBlobStore

        return FileBlobStore(self.settings.home / "blobs", self.settings.base_url)

    @Lazy
    def bus(self) -> Bus:
        if self.settings.bus == "pubsub":
            from shared.adapters.pubsub.bus import PubSubBus

            return PubSubBus(self.settings.project)
        from shared.adapters.localqueue.queue import LocalQueue

        return LocalQueue(self.settings.home / "queue.db")

    @Lazy
    def runner(self) -> Runner:
        from shared.adapters.agno.runner import PATIENT, AgnoRunner, Provider, openai_provider

        providers = {}
        if (openai := openai_provider()) is not None:
            providers["openai"] = openai
        if self.settings.local_model_url:
            providers["local"] = Provider(self.settings.local_model_url, "local", images=False, policy=PATIENT)
        return AgnoRunner(providers)

    @Lazy
    def live_runs(self) -> LiveRuns:
        from shared.agents.live import Lease, LiveRuns

        seconds = self.settings.lease_seconds
        return LiveRuns(self.clock, Lease(lasts=seconds, renewed_every=seconds / 3))

    @Lazy
    def tools(self) -> dict[str, Tool]:
        from shared.agents.tools import builtin_tools

        return builtin_tools(self.clock.now)

    @Lazy
    def _authenticator(self) -> Authenticator:
        from shared.workspaces.service import Authenticator

        return Authenticator(self.directory(), self.clock)

    @Lazy
    def identity(self) -> Identity:
        """What checks access tokens."""
        settings = self.settings
        if settings.identity == "builtin":
            return self._builtin_identity
        from shared.adapters.identity.oidc import OidcIdentity, firebase_identity

        if settings.identity == "firebase":
            from shared.identity.places import firebase_places

            return firebase_identity(firebase_places(settings.project, settings.firebase_url).issuer, settings.project, self.clock)
        return OidcIdentity(settings.oidc_issuer, settings.oidc_client_id, self.clock)

    @Lazy
    def people(self) -> People:
        from shared.identity.service import People

        return People(self.identity, self.users(), self.directory(), self.clock)

    @Lazy
    def sign_in(self) -> SignIn:
        """Sign-in with a password. Raises NotFound where people sign in elsewhere."""
        self._require_own_sign_in()
        from shared.identity.failures import Failures
        from shared.identity.refresh import RefreshTokens
        from shared.identity.service import SignIn

        platform = self.document_store.open(PLATFORM_ROOT)
        return SignIn(self.users(), self.directory(), Failures(platform), RefreshTokens(platform), self._builtin_identity)

    @Lazy
    def sign_ins(self) -> SignIns:
        """Where people are signed in. Raises NotFound where they sign in elsewhere."""
        self._require_own_sign_in()
        from shared.identity.sign_ins import SignIns

        return SignIns(self.document_store.open(PLATFORM_ROOT), self.users())

    def _require_own_sign_in(self) -> None:
        if self.settings.identity != "builtin":
            raise NotFound("people sign in to this installation with its identity provider; GET /auth/config names it")

    @Lazy
    def _builtin_identity(self) -> BuiltinIdentity:
        from shared.adapters.identity.builtin import BuiltinIdentity

        return BuiltinIdentity(self.document_store.open(PLATFORM_ROOT), self.clock)

    def _agent(self, workspace: str, agent: str, documents: Documents) -> Agent:
        """An agent by its id, believed for 30 s: a turn of a warm instance does not read it."""
        now = self.clock.monotonic()
        known = self._agents.get((workspace, agent))
        if known is not None and known[0] > now:
            return known[1]
        from shared.agents.store import AgentStore

        found = AgentStore(documents).get(agent)
        self._agents[workspace, agent] = (now + _AGENT_CACHE_SECONDS, found)
        return found


services = Services()
"""This process's own."""


def warm_after_fork(*modules: str) -> None:
    """Import modules in the background once the server has forked its worker, so that the first request does not wait for them."""

    def warm() -> None:
        time.sleep(_WARM_UP_SECONDS)
        for module in modules:
            import_module(module)
        # What was imported stays: the garbage collector need not walk agno's 100,000 objects again and again while people wait.
        gc.collect()
        gc.freeze()

    def start() -> None:
        threading.Thread(target=warm, name="warm-up", daemon=True).start()

    os.register_at_fork(after_in_child=start)
