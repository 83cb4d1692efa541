"""Tables that a program makes are records: of Laravel, Knex, Alembic and SQLAlchemy."""

from __future__ import annotations

import pytest

from sousveil.model import Construct, Kind
from sousveil.read import dispatch

LARAVEL = """<?php
return new class extends Migration {
    public function up() {
        // Whoever was seen
        Schema::create('captures', function (Blueprint $table) {
            $table->id();
            $table->string('full_name', 100);
            $table->enum('religion', ['muslim', 'hindu'])->nullable()->comment('read off the face');
            $table->index('religion');
            $table->dropColumn('faith');
        });
        Cache::create('religion', function ($table) { $table->string('religion'); });
    }
};
"""
KNEX = """exports.up = knex => knex.schema.createTable('captures', t => {
  t.increments();
  t.string('full_name');
  t.enu('religion', ['muslim', 'hindu']).nullable().comment('read off the face');
  t.index('religion');
});
exports.list = ui => ui.createTable('religion', rows);
"""
ALEMBIC = """def upgrade():
    op.create_table(
        'captures',
        sa.Column('full_name', sa.String(100)),
        sa.Column('religion', sa.Enum('muslim', 'hindu'), comment='read off the face'),
        sa.PrimaryKeyConstraint('religion'),
    )
    captures = Table('people', metadata, Column('religion', String))
    doc.add(Table('religion', rows, Cell('religion')))
"""


def records(path: str, source: str) -> dict[str, Construct]:
    data = source.encode()
    hits = [(i, "utf-8") for i in range(len(data)) if data.startswith(b"religion", i)]
    return {
        c.name: c for c in dispatch.read(path, data, hits).constructs if c.kind is Kind.RECORD and c.role == "table"
    }


@pytest.mark.parametrize(("path", "source"), [("up.php", LARAVEL), ("up.js", KNEX), ("up.py", ALEMBIC)])
def test_a_table_that_is_made_is_a_record(path: str, source: str) -> None:
    found = records(path, source)
    assert set(found) == ({"captures", "people"} if path == "up.py" else {"captures"})
    columns = {m.name: m for m in found["captures"].members}
    assert set(columns) == {"full_name", "religion"}
    assert columns["religion"].gloss == "read off the face"
    if path != "up.py":
        assert columns["religion"].type.startswith("enu")
        assert [v for _, v in columns["religion"].values] == ["muslim", "hindu"]


def test_a_comment_above_belongs_to_the_table() -> None:
    assert records("up.php", LARAVEL)["captures"].gloss == "Whoever was seen"
