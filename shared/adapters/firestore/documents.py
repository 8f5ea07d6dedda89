"""Documents in Firestore. Every call ends within about 5 s; see connection.py for its patience and commits.py for lost replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from google.cloud.firestore_v1.types import firestore as firestore_types

from shared.adapters import documents_rules as rules
from shared.adapters.firestore import queries
from shared.adapters.firestore.commits import Commit
from shared.adapters.firestore.connection import Connection, Patience
from shared.adapters.firestore.values import snapshot
from shared.kit.documents import Neighbour, Order, Snapshot, Where, Write, Written

_BatchGetRequest: Final[Any] = firestore_types.BatchGetDocumentsRequest.pb()
_RunQueryRequest: Final[Any] = firestore_types.RunQueryRequest.pb()
_RunAggregationQueryRequest: Final[Any] = firestore_types.RunAggregationQueryRequest.pb()


class FirestoreDocuments:
    """The documents below one root of a Firestore database."""

    def __init__(self, connect: Callable[[], Connection], database_documents: str, root: str) -> None:
        """`connect` gives the connection of this process; `database_documents` is `projects/P/databases/D/documents`."""
        self._connect = connect
        self._prefix = f"{database_documents}/{root}"
        self._database = database_documents.removesuffix("/documents")
        self._root = root

    def get(self, *paths: str) -> list[Snapshot | None]:
        for path in paths:
            rules.check_document_path(path)
        if not paths:
            return []
        names = [f"{self._prefix}/{path}" for path in paths]
        request = _BatchGetRequest(database=self._database, documents=dict.fromkeys(names))
        answers = self._connect().batch_get(request, Patience())
        found = {answer.found.name: answer for answer in answers if answer.HasField("found")}
        return [self._snapshot(found[name].found, found[name].read_time) if name in found else None for name in names]

    def query(
        self,
        collection: str,
        where: Sequence[Where] = (),
        order: Sequence[Order] = (),
        limit: int = 100,
        after: Sequence[Any] | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[Snapshot]:
        rules.check_query(where, order, limit, after, fields)
        parent, collection_id = self._split(collection)
        query = queries.structured(collection_id, where)
        queries.add_order(query, order, limit)
        if after is not None:
            queries.add_place(query, after, f"{parent}/{collection_id}")
        if fields is not None:
            queries.add_projection(query, fields)
        request = _RunQueryRequest(parent=parent, structured_query=query)
        answers = self._connect().run_query(request, Patience())
        return [self._snapshot(answer.document, answer.read_time) for answer in answers if answer.HasField("document")]

    def count(self, collection: str, where: Sequence[Where] = ()) -> int:
        rules.check_where(where)
        parent, collection_id = self._split(collection)
        request = _RunAggregationQueryRequest(parent=parent)
        request.structured_aggregation_query.structured_query.CopyFrom(queries.structured(collection_id, where))
        request.structured_aggregation_query.aggregations.add(alias="total").count.SetInParent()
        answers = self._connect().run_aggregation_query(request, Patience())
        return sum(answer.result.aggregate_fields["total"].integer_value for answer in answers if answer.HasField("result"))

    def nearest(
        self, collection: str, field: str, vector: Sequence[float], where: Sequence[Where] = (), limit: int = 10
    ) -> list[Neighbour]:
        rules.check_nearest(field, vector, where, limit)
        parent, collection_id = self._split(collection)
        query = queries.structured(collection_id, where)
        queries.add_nearest(query, field, vector, limit)
        answers = self._connect().run_query(_RunQueryRequest(parent=parent, structured_query=query), Patience())
        return [
            Neighbour(
                self._snapshot(answer.document, answer.read_time),
                min(2.0, max(0.0, answer.document.fields[rules.DISTANCE_FIELD].double_value)),
            )
            for answer in answers
            if answer.HasField("document")
        ]

    def commit(self, *writes: Write) -> list[Written]:
        rules.check_commit(self._root, writes)
        if not writes:
            return []
        return Commit(self._connect(), self._prefix, writes).run()

    def _split(self, collection: str) -> tuple[str, str]:
        """The resource name above a collection, and the collection's own id."""
        rules.check_collection_path(collection)
        above, _, collection_id = collection.rpartition("/")
        return f"{self._prefix}/{above}".rstrip("/"), collection_id

    def _snapshot(self, document: Any, read_time: Any) -> Snapshot:
        return snapshot(document, read_time, f"{self._prefix}/")
