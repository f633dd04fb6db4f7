"""Deleted cases over the API: seen page by page, brought back, and found again."""

from starlette.testclient import TestClient

ANY = {"If-Match": "*"}
CASES = [{"id": f"d{number}", "problem": f"the scanner {number} hums", "solution": "s"} for number in range(3)]


def test_a_deleted_case_is_seen_and_brought_back(client: TestClient) -> None:
    """It is listed until it is back; the next question finds it; a second time is a conflict."""
    client.post("/v1/cases", json=CASES[0])
    client.delete("/v1/cases/d0", headers=ANY)

    listed = client.get("/v1/deleted-cases").json()
    back = client.post("/v1/cases/d0/undelete")
    again = client.post("/v1/cases/d0/undelete")
    found = client.post("/v1/similar", json={"problem": "the scanner 0 hums", "min_confidence": 0}).json()

    assert [case["id"] for case in listed["cases"]] == ["d0"]
    assert (back.status_code, back.json()["status"], back.headers["ETag"]) == (200, "published", '"2"')
    assert again.status_code == 409
    assert found["matches"][0]["id"] == "d0"
    assert client.get("/v1/deleted-cases").json()["cases"] == []


def test_the_list_goes_on_page_by_page(client: TestClient) -> None:
    """Each deleted case once, last deleted first."""
    for case in CASES:
        client.post("/v1/cases", json=case)
        client.delete(f"/v1/cases/{case['id']}", headers=ANY)

    first = client.get("/v1/deleted-cases", params={"limit": 2}).json()
    rest = client.get("/v1/deleted-cases", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [case["id"] for case in first["cases"] + rest["cases"]] == ["d2", "d1", "d0"]
    assert rest["next_cursor"] is None
