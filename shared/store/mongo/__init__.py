"""The store in a MongoDB replica set. Nothing else in the system imports MongoDB's driver."""

from shared.store.mongo.store import MongoStore

__all__ = ["MongoStore"]
